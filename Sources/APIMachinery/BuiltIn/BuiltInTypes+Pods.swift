extension BuiltInTypes {
    /// What pods are made of, in the notation of ``BuiltInTypes``.
    static let pods = """
        NodeSelectorRequirement: key*:s operator*:s|DoesNotExist|Exists|Gt|In|Lt|NotIn values:[s]
        NodeSelectorTerm~: matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
        PreferredSchedulingTerm: preference*:NodeSelectorTerm= weight*:i
        NodeSelector~: nodeSelectorTerms*:[NodeSelectorTerm]
        NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
          requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
        PodAffinityTerm: labelSelector:LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s]
          namespaceSelector:LabelSelector namespaces:[s] topologyKey*:s
        WeightedPodAffinityTerm: podAffinityTerm*:PodAffinityTerm= weight*:i
        PodAffinity: preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
        PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
          requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
        Affinity: nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
        ConfigMapKeySelector~: key*:s name:s optional:b
        ObjectFieldSelector~: apiVersion:s fieldPath*:s
        FileKeySelector~: key*:s optional:b path*:s volumeName*:s
        ResourceFieldSelector~: containerName:s divisor:Q resource*:s
        SecretKeySelector~: key*:s name:s optional:b
        EnvVarSource: configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
          resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
        EnvVar: name*:s value:s valueFrom:EnvVarSource
        ConfigMapEnvSource: name:s optional:b
        SecretEnvSource: name:s optional:b
        EnvFromSource: configMapRef:ConfigMapEnvSource prefix:s secretRef:SecretEnvSource
        ExecAction: command:[s]
        HTTPHeader: name*:s value*:s
        HTTPGetAction: host:s httpHeaders:[HTTPHeader] path:s port*:q scheme:s|HTTP|HTTPS
        SleepAction: seconds*:l
        TCPSocketAction: host:s port*:q
        LifecycleHandler: exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
        Lifecycle: postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
        GRPCAction: port*:i service:s
        Probe: exec:ExecAction failureThreshold:i grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:i
          periodSeconds:i successThreshold:i tcpSocket:TCPSocketAction terminationGracePeriodSeconds:l timeoutSeconds:i
        ContainerPort: containerPort*:i hostIP:s hostPort:i name:s protocol:s=TCP|SCTP|TCP|UDP
        ContainerResizePolicy: resourceName*:s restartPolicy*:s
        ResourceClaim: name*:s request:s
        ResourceRequirements: claims:[ResourceClaim]@name limits:{Q} requests:{Q}
        ContainerRestartRuleOnExitCodes: operator*:s values:[i]@
        ContainerRestartRule: action*:s exitCodes:ContainerRestartRuleOnExitCodes
        AppArmorProfile: localhostProfile:s type*:s|Localhost|RuntimeDefault|Unconfined
        Capabilities: add:[s] drop:[s]
        SELinuxOptions: level:s role:s type:s user:s
        SeccompProfile: localhostProfile:s type*:s|Localhost|RuntimeDefault|Unconfined
        WindowsSecurityContextOptions: gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
        SecurityContext: allowPrivilegeEscalation:b appArmorProfile:AppArmorProfile capabilities:Capabilities
          privileged:b procMount:s|Default|Unmasked readOnlyRootFilesystem:b runAsGroup:l runAsNonRoot:b runAsUser:l
          seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
        VolumeDevice: devicePath*:s name*:s
        VolumeMount: mountPath*:s mountPropagation:s|Bidirectional|HostToContainer|None name*:s readOnly:b
          recursiveReadOnly:s subPath:s subPathExpr:s
        Container: args:[s] command:[s] env:[EnvVar]@name+name envFrom:[EnvFromSource] image:s
          imagePullPolicy:s|Always|IfNotPresent|Never lifecycle:Lifecycle livenessProbe:Probe name*:s
          ports:[ContainerPort]@containerPort,protocol+containerPort readinessProbe:Probe
          resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements= restartPolicy:s
          restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:b
          stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s|FallbackToLogsOnError|File tty:b
          volumeDevices:[VolumeDevice]@devicePath+devicePath volumeMounts:[VolumeMount]@mountPath+mountPath workingDir:s
        PodDNSConfigOption: name:s value:s
        PodDNSConfig: nameservers:[s] options:[PodDNSConfigOption] searches:[s]
        EphemeralContainer: args:[s] command:[s] env:[EnvVar]@name+name envFrom:[EnvFromSource] image:s
          imagePullPolicy:s|Always|IfNotPresent|Never lifecycle:Lifecycle livenessProbe:Probe name*:s
          ports:[ContainerPort]@containerPort,protocol+containerPort readinessProbe:Probe
          resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements= restartPolicy:s
          restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:b
          stdinOnce:b targetContainerName:s terminationMessagePath:s
          terminationMessagePolicy:s|FallbackToLogsOnError|File tty:b volumeDevices:[VolumeDevice]@devicePath+devicePath
          volumeMounts:[VolumeMount]@mountPath+mountPath workingDir:s
        HostAlias: hostnames:[s] ip*:s
        PodOS: name*:s
        PodReadinessGate: conditionType*:s
        PodResourceClaim: name*:s resourceClaimName:s resourceClaimTemplateName:s
        PodSchedulingGate: name*:s
        PodSchedulingGroup: podGroupName:s
        Sysctl: name*:s value*:s
        PodSecurityContext: appArmorProfile:AppArmorProfile fsGroup:l fsGroupChangePolicy:s|Always|OnRootMismatch
          runAsGroup:l runAsNonRoot:b runAsUser:l seLinuxChangePolicy:s seLinuxOptions:SELinuxOptions
          seccompProfile:SeccompProfile supplementalGroups:[l] supplementalGroupsPolicy:s|Merge|Strict sysctls:[Sysctl]
          windowsOptions:WindowsSecurityContextOptions
        Toleration: effect:s|NoExecute|NoSchedule|PreferNoSchedule key:s operator:s|Equal|Exists|Gt|Lt
          tolerationSeconds:l value:s
        TopologySpreadConstraint: labelSelector:LabelSelector matchLabelKeys:[s] maxSkew*:i minDomains:i
          nodeAffinityPolicy:s|Honor|Ignore nodeTaintsPolicy:s|Honor|Ignore topologyKey*:s
          whenUnsatisfiable*:s|DoNotSchedule|ScheduleAnyway
        PodSpec: activeDeadlineSeconds:l affinity:Affinity automountServiceAccountToken:b
          containers*:[Container]@name+name dnsConfig:PodDNSConfig
          dnsPolicy:s|ClusterFirst|ClusterFirstWithHostNet|Default|None enableServiceLinks:b
          ephemeralContainers:[EphemeralContainer]@name+name hostAliases:[HostAlias]@ip+ip hostIPC:b hostNetwork:b
          hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[LocalObjectReference]@name+name
          initContainers:[Container]@name+name nodeName:s nodeSelector:{s}~ os:PodOS overhead:{Q}
          preemptionPolicy:s|Never|PreemptLowerPriority priority:i priorityClassName:s readinessGates:[PodReadinessGate]
          resourceClaims:[PodResourceClaim]@name+name^ resources:ResourceRequirements
          restartPolicy:s|Always|Never|OnFailure runtimeClassName:s schedulerName:s
          schedulingGates:[PodSchedulingGate]@name+name schedulingGroup:PodSchedulingGroup
          securityContext:PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b
          shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:l tolerations:[Toleration]
          topologySpreadConstraints:[TopologySpreadConstraint]@topologyKey,whenUnsatisfiable+topologyKey
          volumes:[Volume]@name+name^
        PodTemplateSpec: metadata:M= spec:PodSpec=
        """
}
