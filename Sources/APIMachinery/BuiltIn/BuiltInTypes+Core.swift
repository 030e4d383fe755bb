extension BuiltInTypes {
    /// Namespaces, configuration, services, events, leases and scales, in the notation of ``BuiltInTypes``.
    static let core = """
        NamespaceSpec: finalizers:[s]
        NamespaceCondition: lastTransitionTime:t message:s reason:s status*:s type*:s
        NamespaceStatus: conditions:[NamespaceCondition]@type+type phase:s|Active|Terminating
        Namespace: spec:NamespaceSpec= status:NamespaceStatus=
        ConfigMap: binaryData:{y} data:{s} immutable:b
        Secret: data:{y} immutable:b stringData:{s} type:s
        ObjectReference~: apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
        EventSeries: count:i lastObservedTime:u
        EventSource: component:s host:s
        Event: action:s count:i eventTime:u firstTimestamp:t involvedObject*:ObjectReference= lastTimestamp:t message:s
          reason:s related:ObjectReference reportingComponent:s reportingInstance:s series:EventSeries
          source:EventSource= type:s
        LocalObjectReference~: name:s
        ServiceAccount: automountServiceAccountToken:b imagePullSecrets:[LocalObjectReference]
          secrets:[ObjectReference]@name+name
        ServicePort: appProtocol:s name:s nodePort:i port*:i protocol:s=TCP targetPort:q
        ClientIPConfig: timeoutSeconds:i
        SessionAffinityConfig: clientIP:ClientIPConfig
        ServiceSpec: allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s
          externalTrafficPolicy:s healthCheckNodePort:i internalTrafficPolicy:s ipFamilies:[s] ipFamilyPolicy:s
          loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[ServicePort]@port,protocol+port
          publishNotReadyAddresses:b selector:{s}~ sessionAffinity:s sessionAffinityConfig:SessionAffinityConfig
          trafficDistribution:s type:s
        ServiceCondition: lastTransitionTime*:t message*:s observedGeneration:l reason*:s status*:s type*:s
        PortStatus: error:s port*:i protocol*:s
        LoadBalancerIngress: hostname:s ip:s ipMode:s ports:[PortStatus]
        LoadBalancerStatus: ingress:[LoadBalancerIngress]
        ServiceStatus: conditions:[ServiceCondition]@type+type loadBalancer:LoadBalancerStatus=
        Service: spec:ServiceSpec= status:ServiceStatus=
        EventsEventSeries: count*:i lastObservedTime*:u
        EventsEvent: action:s deprecatedCount:i deprecatedFirstTimestamp:t deprecatedLastTimestamp:t
          deprecatedSource:EventSource= eventTime*:u note:s reason:s regarding:ObjectReference= related:ObjectReference
          reportingController:s reportingInstance:s series:EventsEventSeries type:s
        LeaseSpec: acquireTime:u holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s
          renewTime:u strategy:s
        Lease: spec:LeaseSpec=
        LabelSelectorRequirement: key*:s operator*:s values:[s]
        LabelSelector~: matchExpressions:[LabelSelectorRequirement] matchLabels:{s}
        ScaleSpec: replicas:i
        ScaleStatus: replicas*:i selector:s
        Scale: spec:ScaleSpec= status:ScaleStatus=
        """
}
