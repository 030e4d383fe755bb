extension BuiltInTypes {
    /// Deployments, StatefulSets and Jobs, in the notation of ``BuiltInTypes``.
    static let workloads = """
        RollingUpdateDeployment: maxSurge:q maxUnavailable:q
        DeploymentStrategy: rollingUpdate:RollingUpdateDeployment type:s|Recreate|RollingUpdate
        DeploymentSpec: minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i
          selector*:LabelSelector strategy:DeploymentStrategy^= template*:PodTemplateSpec=
        DeploymentCondition: lastTransitionTime:t lastUpdateTime:t message:s reason:s status*:s type*:s
        DeploymentStatus: availableReplicas:i collisionCount:i conditions:[DeploymentCondition]@type+type
          observedGeneration:l readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i updatedReplicas:i
        Deployment: spec:DeploymentSpec= status:DeploymentStatus=
        StatefulSetOrdinals: start:i
        StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted:s whenScaled:s
        RollingUpdateStatefulSetStrategy: maxUnavailable:q partition:i
        StatefulSetUpdateStrategy: rollingUpdate:RollingUpdateStatefulSetStrategy type:s|OnDelete|RollingUpdate
        StatefulSetSpec: minReadySeconds:i ordinals:StatefulSetOrdinals
          persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy
          podManagementPolicy:s|OrderedReady|Parallel replicas:i revisionHistoryLimit:i selector*:LabelSelector
          serviceName:s template*:PodTemplateSpec= updateStrategy:StatefulSetUpdateStrategy=
          volumeClaimTemplates:[PersistentVolumeClaim]
        StatefulSetCondition: lastTransitionTime:t message:s reason:s status*:s type*:s
        StatefulSetStatus: availableReplicas:i collisionCount:i conditions:[StatefulSetCondition]@type+type
          currentReplicas:i currentRevision:s observedGeneration:l readyReplicas:i replicas*:i updateRevision:s
          updatedReplicas:i
        StatefulSet: spec:StatefulSetSpec= status:StatefulSetStatus=
        PodFailurePolicyOnExitCodesRequirement: containerName:s operator*:s|In|NotIn values*:[i]@
        PodFailurePolicyOnPodConditionsPattern: status:s type*:s
        PodFailurePolicyRule: action*:s|Count|FailIndex|FailJob|Ignore
          onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
        PodFailurePolicy: rules*:[PodFailurePolicyRule]
        SuccessPolicyRule: succeededCount:i succeededIndexes:s
        SuccessPolicy: rules*:[SuccessPolicyRule]
        JobSpec: activeDeadlineSeconds:l backoffLimit:i backoffLimitPerIndex:i completionMode:s|Indexed|NonIndexed
          completions:i managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i podFailurePolicy:PodFailurePolicy
          podReplacementPolicy:s|Failed|TerminatingOrFailed selector:LabelSelector successPolicy:SuccessPolicy suspend:b
          template*:PodTemplateSpec= ttlSecondsAfterFinished:i
        JobCondition: lastProbeTime:t lastTransitionTime:t message:s reason:s status*:s type*:s
        UncountedTerminatedPods: failed:[s]@ succeeded:[s]@
        JobStatus: active:i completedIndexes:s completionTime:t conditions:[JobCondition]+type failed:i failedIndexes:s
          ready:i startTime:t succeeded:i terminating:i uncountedTerminatedPods:UncountedTerminatedPods
        Job: spec:JobSpec= status:JobStatus=
        """
}
