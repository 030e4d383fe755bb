/// The messages of Kubernetes' protobuf encoding that clients send to the kinds served here, one a line: the message's
/// name, then its fields as `number name type`.
///
/// kubectl's typed commands (`create configmap`, `create job`, `auth can-i`…) send protobuf and do not fall back to JSON,
/// so a server for unmodified kubectl reads it. Numbers and types are those of the published API; a field that is not
/// listed is refused, never dropped.
///
/// Types: `s` text, `i` integer, `b` boolean, `y` bytes; with `?` a field whose zero value counts; `[T]` a list, `{T}` a
/// map from text; `time`, `micro`, `quantity`, `intstr`, `fields` the API's own scalars; `+T` members of T in place.
enum ProtobufTypes {
    static let lines = """
        Namespace: 1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus
        NamespaceSpec: 1 finalizers [s]
        NamespaceStatus: 1 phase s
        ConfigMap: 1 metadata ObjectMeta, 2 data {s}, 3 binaryData {y}, 4 immutable b?
        Secret: 1 metadata ObjectMeta, 2 data {y}, 3 type s, 4 stringData {s}, 5 immutable b?
        ServiceAccount: 1 metadata ObjectMeta, 2 secrets [ObjectReference], 3 imagePullSecrets [LocalObjectReference], 4 automountServiceAccountToken b?
        Service: 1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status ServiceStatus
        ServiceSpec: 1 ports [ServicePort], 2 selector {s}, 3 clusterIP s, 4 type s, 5 externalIPs [s], 7 sessionAffinity s, 8 loadBalancerIP s, 9 loadBalancerSourceRanges [s], 10 externalName s, 11 externalTrafficPolicy s, 12 healthCheckNodePort i, 13 publishNotReadyAddresses b, 17 ipFamilyPolicy s?, 18 clusterIPs [s], 19 ipFamilies [s], 20 allocateLoadBalancerNodePorts b?, 21 loadBalancerClass s?, 22 internalTrafficPolicy s?, 23 trafficDistribution s?
        ServicePort: 1 name s, 2 protocol s, 3 port i, 4 targetPort intstr, 5 nodePort i, 6 appProtocol s?
        ServiceStatus: 1 loadBalancer LoadBalancerStatus
        LoadBalancerStatus: 1 ingress [LoadBalancerIngress]
        LoadBalancerIngress: 1 ip s, 2 hostname s, 3 ipMode s?
        Lease: 1 metadata ObjectMeta, 2 spec LeaseSpec
        LeaseSpec: 1 holderIdentity s?, 2 leaseDurationSeconds i?, 3 acquireTime micro, 4 renewTime micro, 5 leaseTransitions i?, 6 strategy s?, 7 preferredHolder s?
        Event: 1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason s, 4 message s, 5 source EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count i, 9 type s, 10 eventTime micro, 11 series EventSeries, 12 action s, 13 related ObjectReference, 14 reportingComponent s, 15 reportingInstance s
        events.Event: 1 metadata ObjectMeta, 2 eventTime micro, 3 series EventSeries, 4 reportingController s, 5 reportingInstance s, 6 action s, 7 reason s, 8 regarding ObjectReference, 9 related ObjectReference, 10 note s, 11 type s, 12 deprecatedSource EventSource, 13 deprecatedFirstTimestamp time, 14 deprecatedLastTimestamp time, 15 deprecatedCount i
        EventSource: 1 component s, 2 host s
        EventSeries: 1 count i, 2 lastObservedTime micro
        Deployment: 1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status DeploymentStatus
        DeploymentSpec: 1 replicas i?, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy DeploymentStrategy, 5 minReadySeconds i, 6 revisionHistoryLimit i?, 7 paused b, 9 progressDeadlineSeconds i?
        DeploymentStrategy: 1 type s, 2 rollingUpdate RollingUpdate
        RollingUpdate: 1 maxUnavailable intstr, 2 maxSurge intstr
        DeploymentStatus: 1 observedGeneration i, 2 replicas i, 3 updatedReplicas i, 4 availableReplicas i, 5 unavailableReplicas i, 6 conditions [DeploymentCondition], 7 readyReplicas i, 8 collisionCount i?, 9 terminatingReplicas i?
        DeploymentCondition: 1 type s, 2 status s, 4 reason s, 5 message s, 6 lastUpdateTime time, 7 lastTransitionTime time
        StatefulSet: 1 metadata ObjectMeta, 2 spec StatefulSetSpec, 3 status StatefulSetStatus
        StatefulSetSpec: 1 replicas i?, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 volumeClaimTemplates [PersistentVolumeClaim], 5 serviceName s, 6 podManagementPolicy s, 7 updateStrategy StatefulSetUpdateStrategy, 8 revisionHistoryLimit i?, 9 minReadySeconds i, 10 persistentVolumeClaimRetentionPolicy ClaimRetentionPolicy, 11 ordinals StatefulSetOrdinals
        StatefulSetUpdateStrategy: 1 type s, 2 rollingUpdate RollingUpdateStatefulSet
        RollingUpdateStatefulSet: 1 partition i?, 2 maxUnavailable intstr
        ClaimRetentionPolicy: 1 whenDeleted s, 2 whenScaled s
        StatefulSetOrdinals: 1 start i?
        StatefulSetStatus: 1 observedGeneration i, 2 replicas i?, 3 readyReplicas i, 4 currentReplicas i, 5 updatedReplicas i, 6 currentRevision s, 7 updateRevision s, 9 collisionCount i?, 10 conditions [StatefulSetCondition], 11 availableReplicas i?
        StatefulSetCondition: 1 type s, 2 status s, 3 lastTransitionTime time, 4 reason s, 5 message s
        PersistentVolumeClaim: 1 metadata ObjectMeta, 2 spec PersistentVolumeClaimSpec, 3 status ClaimStatus
        PersistentVolumeClaimSpec: 1 accessModes [s], 2 resources ResourceRequirements, 3 volumeName s, 4 selector LabelSelector, 5 storageClassName s?, 6 volumeMode s?, 7 dataSource TypedReference, 8 dataSourceRef TypedReference
        ClaimStatus: 1 phase s, 2 accessModes [s], 3 capacity {quantity}
        TypedReference: 1 apiGroup s?, 2 kind s, 3 name s, 4 namespace s?
        Job: 1 metadata ObjectMeta, 2 spec JobSpec, 3 status JobStatus
        JobSpec: 1 parallelism i?, 2 completions i?, 3 activeDeadlineSeconds i?, 4 selector LabelSelector, 5 manualSelector b?, 6 template PodTemplateSpec, 7 backoffLimit i?, 8 ttlSecondsAfterFinished i?, 9 completionMode s?, 10 suspend b?, 11 podFailurePolicy PodFailurePolicy, 12 backoffLimitPerIndex i?, 13 maxFailedIndexes i?, 14 podReplacementPolicy s?, 15 managedBy s?, 16 successPolicy SuccessPolicy
        PodFailurePolicy: 1 rules [PodFailurePolicyRule]
        PodFailurePolicyRule: 1 action s, 2 onExitCodes OnExitCodes, 3 onPodConditions [OnPodConditions]
        OnExitCodes: 1 containerName s?, 2 operator s, 3 values [i]
        OnPodConditions: 1 type s, 2 status s
        SuccessPolicy: 1 rules [SuccessPolicyRule]
        SuccessPolicyRule: 1 succeededIndexes s?, 2 succeededCount i?
        JobStatus: 1 conditions [JobCondition], 2 startTime time, 3 completionTime time, 4 active i, 5 succeeded i, 6 failed i, 7 completedIndexes s, 8 uncountedTerminatedPods UncountedPods, 9 ready i?, 10 failedIndexes s?, 11 terminating i?
        JobCondition: 1 type s, 2 status s, 3 lastProbeTime time, 4 lastTransitionTime time, 5 reason s, 6 message s
        UncountedPods: 1 succeeded [s], 2 failed [s]
        Scale: 1 metadata ObjectMeta, 2 spec ScaleSpec, 3 status ScaleStatus
        ScaleSpec: 1 replicas i
        ScaleStatus: 1 replicas i?, 2 selector s
        SelfSubjectAccessReview: 1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status AccessReviewStatus
        SelfSubjectAccessReviewSpec: 1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes
        ResourceAttributes: 1 namespace s, 2 verb s, 3 group s, 4 version s, 5 resource s, 6 subresource s, 7 name s, 8 fieldSelector SelectorAttributes, 9 labelSelector SelectorAttributes
        SelectorAttributes: 1 rawSelector s, 2 requirements [LabelSelectorRequirement]
        NonResourceAttributes: 1 path s, 2 verb s
        AccessReviewStatus: 1 allowed b, 2 reason s, 3 evaluationError s, 4 denied b
        SelfSubjectRulesReview: 1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec, 3 status SubjectRulesReviewStatus
        SubjectRulesReviewStatus: 1 resourceRules [ResourceRule], 2 nonResourceRules [NonResourceRule], 3 incomplete b, 4 evaluationError s
        ResourceRule: 1 verbs [s], 2 apiGroups [s], 3 resources [s], 4 resourceNames [s]
        NonResourceRule: 1 verbs [s], 2 nonResourceURLs [s]
        SelfSubjectRulesReviewSpec: 1 namespace s
        SelfSubjectReview: 1 metadata ObjectMeta, 2 status SelfSubjectReviewStatus
        SelfSubjectReviewStatus: 1 userInfo UserInfo
        UserInfo: 1 username s, 2 uid s, 3 groups [s]
        DeleteOptions: 1 gracePeriodSeconds i?, 2 preconditions Preconditions, 3 orphanDependents b?, 4 propagationPolicy s?, 5 dryRun [s], 6 ignoreStoreReadErrorWithClusterBreakingPotential b?
        Preconditions: 1 uid s?, 2 resourceVersion s?
        ObjectMeta: 1 name s, 2 generateName s, 3 namespace s, 4 selfLink s, 5 uid s, 6 resourceVersion s, 7 generation i, 8 creationTimestamp time, 9 deletionTimestamp time, 10 deletionGracePeriodSeconds i?, 11 labels {s}, 12 annotations {s}, 13 ownerReferences [OwnerReference], 14 finalizers [s], 17 managedFields [ManagedFieldsEntry]
        OwnerReference: 1 kind s, 3 name s, 4 uid s, 5 apiVersion s, 6 controller b?, 7 blockOwnerDeletion b?
        ManagedFieldsEntry: 1 manager s, 2 operation s, 3 apiVersion s, 4 time time, 6 fieldsType s, 7 fieldsV1 fields, 8 subresource s
        ObjectReference: 1 kind s, 2 namespace s, 3 name s, 4 uid s, 5 apiVersion s, 6 resourceVersion s, 7 fieldPath s
        LocalObjectReference: 1 name s
        LabelSelector: 1 matchLabels {s}, 2 matchExpressions [LabelSelectorRequirement]
        LabelSelectorRequirement: 1 key s, 2 operator s, 3 values [s]
        PodTemplateSpec: 1 metadata ObjectMeta, 2 spec PodSpec
        PodSpec: 1 volumes [Volume], 2 containers [Container], 3 restartPolicy s, 4 terminationGracePeriodSeconds i?, 5 activeDeadlineSeconds i?, 6 dnsPolicy s, 7 nodeSelector {s}, 8 serviceAccountName s, 9 serviceAccount s, 10 nodeName s, 11 hostNetwork b, 12 hostPID b, 13 hostIPC b, 14 securityContext PodSecurityContext, 15 imagePullSecrets [LocalObjectReference], 16 hostname s, 17 subdomain s, 19 schedulerName s, 20 initContainers [Container], 21 automountServiceAccountToken b?, 22 tolerations [Toleration], 23 hostAliases [HostAlias], 24 priorityClassName s, 25 priority i?, 27 shareProcessNamespace b?, 29 runtimeClassName s?, 30 enableServiceLinks b?, 31 preemptionPolicy s?, 32 overhead {quantity}, 33 topologySpreadConstraints [TopologySpreadConstraint], 35 setHostnameAsFQDN b?, 37 hostUsers b?
        TopologySpreadConstraint: 1 maxSkew i, 2 topologyKey s, 3 whenUnsatisfiable s, 4 labelSelector LabelSelector, 5 minDomains i?, 6 nodeAffinityPolicy s?, 7 nodeTaintsPolicy s?, 8 matchLabelKeys [s]
        Toleration: 1 key s, 2 operator s, 3 value s, 4 effect s, 5 tolerationSeconds i?
        HostAlias: 1 ip s, 2 hostnames [s]
        PodSecurityContext: 1 seLinuxOptions SELinuxOptions, 2 runAsUser i?, 3 runAsNonRoot b?, 4 supplementalGroups [i], 5 fsGroup i?, 6 runAsGroup i?, 7 sysctls [NameValue], 9 fsGroupChangePolicy s?, 10 seccompProfile SeccompProfile, 12 supplementalGroupsPolicy s?
        SELinuxOptions: 1 user s, 2 role s, 3 type s, 4 level s
        SeccompProfile: 1 type s, 2 localhostProfile s?
        NameValue: 1 name s, 2 value s?
        Container: 1 name s, 2 image s, 3 command [s], 4 args [s], 5 workingDir s, 6 ports [ContainerPort], 7 env [EnvVar], 8 resources ResourceRequirements, 9 volumeMounts [VolumeMount], 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath s, 14 imagePullPolicy s, 15 securityContext SecurityContext, 16 stdin b, 17 stdinOnce b, 18 tty b, 19 envFrom [EnvFromSource], 20 terminationMessagePolicy s, 21 volumeDevices [VolumeDevice], 22 startupProbe Probe, 24 restartPolicy s?
        ContainerPort: 1 name s, 2 hostPort i, 3 containerPort i, 4 protocol s, 5 hostIP s
        EnvVar: 1 name s, 2 value s, 3 valueFrom EnvVarSource
        EnvVarSource: 1 fieldRef FieldReference, 2 resourceFieldRef ResourceFieldReference, 3 configMapKeyRef KeyReference, 4 secretKeyRef KeyReference
        FieldReference: 1 apiVersion s, 2 fieldPath s
        ResourceFieldReference: 1 containerName s, 2 resource s, 3 divisor quantity
        KeyReference: 1 _ +LocalObjectReference, 2 key s, 3 optional b?
        EnvFromSource: 1 prefix s, 2 configMapRef OptionalReference, 3 secretRef OptionalReference
        OptionalReference: 1 _ +LocalObjectReference, 2 optional b?
        ResourceRequirements: 1 limits {quantity}, 2 requests {quantity}, 3 claims [ResourceClaim]
        ResourceClaim: 1 name s, 2 request s
        VolumeMount: 1 name s, 2 readOnly b, 3 mountPath s, 4 subPath s, 5 mountPropagation s?, 6 subPathExpr s, 7 recursiveReadOnly s?
        VolumeDevice: 1 name s, 2 devicePath s
        Probe: 1 _ +Action, 2 initialDelaySeconds i, 3 timeoutSeconds i, 4 periodSeconds i, 5 successThreshold i, 6 failureThreshold i, 7 terminationGracePeriodSeconds i?
        Action: 1 exec Exec, 2 httpGet HTTPGet, 3 tcpSocket TCPSocket, 4 grpc GRPC
        LifecycleAction: 1 exec Exec, 2 httpGet HTTPGet, 3 tcpSocket TCPSocket, 4 sleep Sleep
        Exec: 1 command [s]
        HTTPGet: 1 path s, 2 port intstr, 3 host s, 4 scheme s, 5 httpHeaders [NameValue]
        TCPSocket: 1 port intstr, 2 host s
        GRPC: 1 port i, 2 service s?
        Sleep: 1 seconds i
        Lifecycle: 1 postStart LifecycleAction, 2 preStop LifecycleAction, 3 stopSignal s?
        SecurityContext: 1 capabilities Capabilities, 2 privileged b?, 3 seLinuxOptions SELinuxOptions, 4 runAsUser i?, 5 runAsNonRoot b?, 6 readOnlyRootFilesystem b?, 7 allowPrivilegeEscalation b?, 8 runAsGroup i?, 9 procMount s?, 11 seccompProfile SeccompProfile
        Capabilities: 1 add [s], 2 drop [s]
        Volume: 1 name s, 2 _ +VolumeSource
        VolumeSource: 1 hostPath HostPath, 2 emptyDir EmptyDir?, 6 secret SecretVolume, 10 persistentVolumeClaim ClaimVolume, 19 configMap ConfigMapVolume
        HostPath: 1 path s, 2 type s?
        EmptyDir: 1 medium s, 2 sizeLimit quantity
        SecretVolume: 1 secretName s, 2 items [KeyToPath], 3 defaultMode i?, 4 optional b?
        ClaimVolume: 1 claimName s, 2 readOnly b
        ConfigMapVolume: 1 _ +LocalObjectReference, 2 items [KeyToPath], 3 defaultMode i?, 4 optional b?
        KeyToPath: 1 key s, 2 path s, 3 mode i?
        """
}
