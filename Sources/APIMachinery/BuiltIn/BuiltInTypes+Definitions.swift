extension BuiltInTypes {
    /// CustomResourceDefinitions, in the notation of ``BuiltInTypes``.
    static let definitions = """
        ServiceReference: name*:s namespace*:s path:s port:i
        WebhookClientConfig: caBundle:y service:ServiceReference url:s
        WebhookConversion: clientConfig:WebhookClientConfig conversionReviewVersions*:[s]
        CustomResourceConversion: strategy*:s webhook:WebhookConversion
        CustomResourceDefinitionNames: categories:[s] kind*:s listKind:s plural*:s shortNames:[s] singular:s
        CustomResourceColumnDefinition: description:s format:s jsonPath*:s name*:s priority:i type*:s
        CustomResourceValidation: openAPIV3Schema:o
        SelectableField: jsonPath*:s
        CustomResourceSubresourceScale: labelSelectorPath:s specReplicasPath*:s statusReplicasPath*:s
        CustomResourceSubresourceStatus:
        CustomResourceSubresources: scale:CustomResourceSubresourceScale status:CustomResourceSubresourceStatus
        CustomResourceDefinitionVersion: additionalPrinterColumns:[CustomResourceColumnDefinition] deprecated:b
          deprecationWarning:s name*:s schema:CustomResourceValidation selectableFields:[SelectableField] served*:b
          storage*:b subresources:CustomResourceSubresources
        CustomResourceDefinitionSpec: conversion:CustomResourceConversion group*:s names*:CustomResourceDefinitionNames=
          preserveUnknownFields:b scope*:s versions*:[CustomResourceDefinitionVersion]
        CustomResourceDefinitionCondition: lastTransitionTime:t message:s observedGeneration:l reason:s status*:s
          type*:s
        CustomResourceDefinitionStatus: acceptedNames:CustomResourceDefinitionNames=
          conditions:[CustomResourceDefinitionCondition]@type observedGeneration:l storedVersions:[s]
        CustomResourceDefinition: spec*:CustomResourceDefinitionSpec= status:CustomResourceDefinitionStatus=
        """
}
