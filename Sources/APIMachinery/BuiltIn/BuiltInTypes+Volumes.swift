extension BuiltInTypes {
    /// What pods mount, in the notation of ``BuiltInTypes``.
    static let volumes = """
        AWSElasticBlockStoreVolumeSource: fsType:s partition:i readOnly:b volumeID*:s
        AzureDiskVolumeSource: cachingMode:s=ReadWrite|None|ReadOnly|ReadWrite diskName*:s diskURI*:s fsType:s=ext4
          kind:s=Shared|Dedicated|Managed|Shared readOnly:b
        AzureFileVolumeSource: readOnly:b secretName*:s shareName*:s
        CephFSVolumeSource: monitors*:[s] path:s readOnly:b secretFile:s secretRef:LocalObjectReference user:s
        CinderVolumeSource: fsType:s readOnly:b secretRef:LocalObjectReference volumeID*:s
        KeyToPath: key*:s mode:i path*:s
        ConfigMapVolumeSource: defaultMode:i items:[KeyToPath] name:s optional:b
        CSIVolumeSource: driver*:s fsType:s nodePublishSecretRef:LocalObjectReference readOnly:b volumeAttributes:{s}
        DownwardAPIVolumeFile: fieldRef:ObjectFieldSelector mode:i path*:s resourceFieldRef:ResourceFieldSelector
        DownwardAPIVolumeSource: defaultMode:i items:[DownwardAPIVolumeFile]
        EmptyDirVolumeSource: medium:s sizeLimit:Q
        TypedLocalObjectReference~: apiGroup:s kind*:s name*:s
        TypedObjectReference: apiGroup:s kind*:s name*:s namespace:s
        VolumeResourceRequirements: limits:{Q} requests:{Q}
        PersistentVolumeClaimSpec: accessModes:[s] dataSource:TypedLocalObjectReference
          dataSourceRef:TypedObjectReference resources:VolumeResourceRequirements= selector:LabelSelector
          storageClassName:s volumeAttributesClassName:s volumeMode:s|Block|Filesystem volumeName:s
        PersistentVolumeClaimTemplate: metadata:M= spec*:PersistentVolumeClaimSpec=
        EphemeralVolumeSource: volumeClaimTemplate:PersistentVolumeClaimTemplate
        FCVolumeSource: fsType:s lun:i readOnly:b targetWWNs:[s] wwids:[s]
        FlexVolumeSource: driver*:s fsType:s options:{s} readOnly:b secretRef:LocalObjectReference
        FlockerVolumeSource: datasetName:s datasetUUID:s
        GCEPersistentDiskVolumeSource: fsType:s partition:i pdName*:s readOnly:b
        GitRepoVolumeSource: directory:s repository*:s revision:s
        GlusterfsVolumeSource: endpoints*:s path*:s readOnly:b
        HostPathVolumeSource: path*:s type:s
        ImageVolumeSource: pullPolicy:s|Always|IfNotPresent|Never reference:s
        ISCSIVolumeSource: chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn*:s
          iscsiInterface:s=default lun*:i portals:[s] readOnly:b secretRef:LocalObjectReference targetPortal*:s
        NFSVolumeSource: path*:s readOnly:b server*:s
        PersistentVolumeClaimVolumeSource: claimName*:s readOnly:b
        PhotonPersistentDiskVolumeSource: fsType:s pdID*:s
        PortworxVolumeSource: fsType:s readOnly:b volumeID*:s
        ClusterTrustBundleProjection: labelSelector:LabelSelector name:s optional:b path*:s signerName:s
        ConfigMapProjection: items:[KeyToPath] name:s optional:b
        DownwardAPIProjection: items:[DownwardAPIVolumeFile]
        PodCertificateProjection: certificateChainPath:s credentialBundlePath:s keyPath:s keyType*:s
          maxExpirationSeconds:i signerName*:s userAnnotations:{s}
        SecretProjection: items:[KeyToPath] name:s optional:b
        ServiceAccountTokenProjection: audience:s expirationSeconds:l path*:s
        VolumeProjection: clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection
          downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection
          serviceAccountToken:ServiceAccountTokenProjection
        ProjectedVolumeSource: defaultMode:i sources:[VolumeProjection]
        QuobyteVolumeSource: group:s readOnly:b registry*:s tenant:s user:s volume*:s
        RBDVolumeSource: fsType:s image*:s keyring:s=/etc/ceph/keyring monitors*:[s] pool:s=rbd readOnly:b
          secretRef:LocalObjectReference user:s=admin
        ScaleIOVolumeSource: fsType:s=xfs gateway*:s protectionDomain:s readOnly:b secretRef*:LocalObjectReference
          sslEnabled:b storageMode:s=ThinProvisioned storagePool:s system*:s volumeName:s
        SecretVolumeSource: defaultMode:i items:[KeyToPath] optional:b secretName:s
        StorageOSVolumeSource: fsType:s readOnly:b secretRef:LocalObjectReference volumeName:s volumeNamespace:s
        VsphereVirtualDiskVolumeSource: fsType:s storagePolicyID:s storagePolicyName:s volumePath*:s
        Volume: awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
          azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
          configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
          emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource flexVolume:FlexVolumeSource
          flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource
          glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource image:ImageVolumeSource iscsi:ISCSIVolumeSource
          name*:s nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource
          photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
          projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOVolumeSource
          secret:SecretVolumeSource storageos:StorageOSVolumeSource vsphereVolume:VsphereVirtualDiskVolumeSource
        PersistentVolumeClaimCondition: lastProbeTime:t lastTransitionTime:t message:s reason:s status*:s type*:s
        ModifyVolumeStatus: status*:s|InProgress|Infeasible|Pending targetVolumeAttributesClassName:s
        PersistentVolumeClaimStatus: accessModes:[s] allocatedResourceStatuses:{s} allocatedResources:{Q} capacity:{Q}
          conditions:[PersistentVolumeClaimCondition]@type+type currentVolumeAttributesClassName:s
          modifyVolumeStatus:ModifyVolumeStatus phase:s|Bound|Lost|Pending
        PersistentVolumeClaim: apiVersion:s kind:s metadata:M= spec:PersistentVolumeClaimSpec=
          status:PersistentVolumeClaimStatus=
        """
}
