import BackupArchive
import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesResourcesProtection
import Testing

@Suite struct ResourcesRestoreTests {
    static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.GROUP}
        spec:
          group: GROUP
          scope: Namespaced
          names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
          versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
        """

    @Test(arguments: Server.all)
    func `A namespace that was deleted, with a definition and its objects, comes back as it was`(server: Server)
        async throws
    {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop", labels: "{team: a}")
            let group = "\(cluster.mark).example.com"
            try await cluster.apply(Self.definition.replacing("GROUP", with: group))
            try await cluster.kubectl("wait", "--for=condition=Established", "crd/widgets.\(group)")
            try await cluster.apply(
                "apiVersion: \(group)/v1\nkind: Widget\nmetadata: {name: w, namespace: \(shop)}\nspec: {deep: [{a: 1.5}, null, {b: [x]}], on: 'yes'}\n"
            )
            try await cluster.apply(ResourcesBackupTests.manifests(shop))
            try await cluster.create(ResourcesBackupTests.odd, "odd", in: shop)
            if server == .real { try await cluster.apply(ResourcesBackupTests.furtherManifests(shop)) }
            let more = server == .real ? ["services", "roles", "persistentvolumeclaims"] : []
            let system = try cluster.system(
                shop, kinds: ["Deployment", "ConfigMap", "ServiceAccount", "Widget.\(group)"] + more, secrets: true,
                definitions: true)
            let manifest = try await cluster.backUp(system)
            // The finalizer of the Secret would hold the namespace.
            try await cluster.kubectl(
                "-n", shop, "patch", "secret", "login", "--type=merge", "-p", #"{"metadata":{"finalizers":null}}"#)
            try await cluster.delete(namespace: shop)
            try await cluster.kubectl("delete", "crd", "widgets.\(group)", "--wait=true")

            let whole = try await cluster.verify(manifest, system)
            #expect(
                whole.checks[2].message.contains("their kind is not installed")
                    && whole.checks[2].message.contains("does not exist"))
            let dry = try await cluster.restore(manifest, "default", dryRun: true)
            #expect(
                try await cluster.client.getIfPresent(Self.namespaces, shop, namespace: nil) == nil,
                "a dry run writes nothing")
            let report = try await cluster.restore(manifest, "default")
            #expect(dry.created == report.created)
            #expect(Int64(report.created) == manifest.record.counts["objects"])
            #expect(report.skipped == 0 && report.withMore == 0)
            #expect(try await cluster.data("odd", in: shop) == ResourcesBackupTests.odd)
            let again = try await cluster.backUp(system, "b2")
            #expect(
                try await cluster.documents(again) == cluster.documents(manifest), "what is backed up now is what was")
            let repeated = try await cluster.restore(manifest, "default")
            #expect(
                repeated.created == 0 && repeated.updated == 0
                    && Int64(repeated.unchanged) == manifest.record.counts["objects"], "\(repeated)")
            try await cluster.kubectl("delete", "crd", "widgets.\(group)", "--wait=false")
        }
    }

    static let namespaces = ResourceType(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false)

    @Test(arguments: Server.all)
    func `Fields that others manage are listed before anything is written; then taken over, or left`(server: Server)
        async throws
    {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop")
            try await cluster.create(["color": "red"], "theirs", in: shop)
            try await cluster.create(["color": "red"], "gone", in: shop)
            let system = try cluster.system(shop, kinds: ["configmaps"], reach: .ownNamespace)
            let manifest = try await cluster.backUp(system)
            try await cluster.kubectl("-n", shop, "delete", "configmap", "gone")
            try await cluster.kubectl(
                "apply", "--server-side", "--force-conflicts", "--field-manager=painter", "-f", "-",
                input:
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs, namespace: \(shop)}\ndata: {color: blue, more: x}\n"
            )
            try await cluster.create(["not": "ours"], "extra", in: shop)

            let error = await #expect(throws: ResourcesError.self) { try await cluster.restore(manifest, shop) }
            #expect(error?.code == .conflicts && error?.field == "restoreResources.conflict")
            #expect(
                error?.message.contains("ConfigMap \(shop)/theirs: .data.color is managed by painter") == true,
                "\(error?.message ?? "")")
            #expect(try await cluster.data("gone", in: shop) == nil, "nothing was written")

            let skipped = try await cluster.restore(manifest, shop, .init(conflict: .skip))
            #expect(skipped.created == 1 && skipped.skipped == 1 && skipped.extra == 1)
            #expect(try await cluster.data("theirs", in: shop)?["color"] == "blue")
            #expect(try await cluster.data("gone", in: shop)?["color"] == "red")

            let forced = try await cluster.restore(manifest, shop, .init(conflict: .overwrite), reach: .ownNamespace)
            #expect(forced.updated == 1 && forced.unchanged == 1 && forced.extra == 1 && forced.withMore == 1)
            #expect(try await cluster.data("theirs", in: shop) == ["color": "red", "more": "x"])
            #expect(try await cluster.data("extra", in: shop) == ["not": "ours"], "nothing is deleted")
        }
    }

    @Test(arguments: Server.all)
    func `Namespaces are chosen and renamed, kinds and labels are chosen, and reach has its end`(server: Server)
        async throws
    {
        try await Cluster.with(server) { cluster in
            let one = try await cluster.namespace("one")
            let two = try await cluster.namespace("two")
            let copy = cluster.name("copy")
            for namespace in [one, two] {
                try await cluster.create(["in": namespace], "where", in: namespace)
                try await cluster.apply(
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: \(namespace), labels: {tier: web}}\nstringData: {a: b}\n"
                )
            }
            let manifest = try await cluster.backUp(
                try cluster.system(one, kinds: ["ConfigMap"], namespaces: [one, two], secrets: true))
            let report = try await cluster.restore(manifest, one, .init(namespaces: [two: copy]))
            #expect(report.created == 3, "the Namespace, the ConfigMap and the Secret")
            #expect(try await cluster.data("where", in: copy) == ["in": two])
            try await cluster.kubectl("-n", one, "delete", "configmap/where", "secret/s")
            let some = try await cluster.restore(
                manifest, one,
                .init(namespaces: [one: one], kinds: ["secrets"], labels: LabelQuery(matchLabels: ["tier": "web"])),
                reach: .ownNamespace)
            #expect(some.created == 1)
            #expect(try await cluster.data("where", in: one) == nil)

            func refusal(_ options: ResourceRestore.Options, _ reach: ResourceReach) async -> ResourcesError? {
                await #expect(throws: ResourcesError.self) {
                    try await cluster.restore(manifest, one, options, reach: reach)
                }
            }
            let far = await refusal(.init(), .ownNamespace)
            #expect(far?.code == .outOfReach && far?.mend?.contains("--cross-namespace-from \(one)") == true)
            #expect(await refusal(.init(), .everything(for: [two]))?.code == .outOfReach)
            let mapped = try await cluster.restore(
                manifest, one, .init(namespaces: [two: one], kinds: ["configmap"]), reach: .ownNamespace)
            #expect(mapped.created == 1 && mapped.outOfReach == 0)
            let missing = await refusal(.init(namespaces: ["nowhere": "x"]), .everythingForAll)
            #expect(missing?.code == .noNamespace && missing?.mend?.contains(one) == true)
            let kind = await refusal(.init(kinds: ["deployments"]), .everythingForAll)
            #expect(
                kind?.code == .unknownKind && kind?.field == "restoreResources.kinds[0]"
                    && kind?.mend?.contains("configmaps") == true)
            // A namespace that is not there and does not come with the backup.
            let none = await refusal(
                .init(namespaces: [two: cluster.name("new")], kinds: ["configmaps"]), .everythingForAll)
            #expect(none?.code == .noNamespace, "\(String(describing: none))")
        }
    }

    @Test(arguments: Server.all)
    func `What can never become what it was is told before anything is written`(server: Server) async throws {
        try await Cluster.with(server) { cluster in
            let shop = try await cluster.namespace("shop")
            func map(_ value: String) -> String {
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed, namespace: \(shop)}\nimmutable: true\ndata: {a: \(value)}\n"
            }
            try await cluster.apply(map("one"))
            try await cluster.create(["x": "y"], "other", in: shop)
            let system = try cluster.system(shop, kinds: ["cm"], reach: .ownNamespace)
            let manifest = try await cluster.backUp(system)
            try await cluster.kubectl("-n", shop, "delete", "configmap/fixed", "configmap/other")
            try await cluster.apply(map("two"))
            let error = await #expect(throws: ResourcesError.self) {
                try await cluster.restore(manifest, shop, .init(conflict: .overwrite))
            }
            #expect(
                error?.code == .refused && error?.message.contains("can never change") == true,
                "\(String(describing: error))")
            #expect(try await cluster.data("other", in: shop) == nil)
            let report = try await cluster.verify(manifest, system)
            #expect(report.checks[2].message.contains("1 only under another name"), "\(report.checks[2].message)")
            #expect(try await cluster.restore(manifest, shop, .init(conflict: .skip)).skipped == 1)
        }
    }
}
