// swift-tools-version: 6.2
import PackageDescription

/// Every target of the project is compiled alike: Swift 6, the upcoming features that make imports and isolation
/// explicit, and warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = Self.product(name: "ArgumentParser", package: "swift-argument-parser")
    static let logging = Self.product(name: "Logging", package: "swift-log")
    static let collections = Self.product(name: "Collections", package: "swift-collections")
    static let yams = Self.product(name: "Yams", package: "Yams")
    static let grdb = Self.product(name: "GRDB", package: "GRDB.swift")
    static let hummingbird = Self.product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTLS = Self.product(name: "HummingbirdTLS", package: "hummingbird")
    static let lifecycle = Self.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals = Self.product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let subprocess = Self.product(name: "Subprocess", package: "swift-subprocess")
    static let system = Self.product(name: "SystemPackage", package: "swift-system")
}

func module(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "disaster-recovery-operator",
    products: [.executable(name: "dr", targets: ["dr"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Bridges: a module map and shims for variadics and macros, nothing else.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Leaves.
        module("KubernetesModel"),
        module("Processes", ["CLinux", .subprocess, .system]),
        module("HTTPTransport", ["CCurl", .logging, .collections]),
        module("Cryptography", ["COpenSSL"]),
        module("PostgreSQLClient", ["CPostgres", .logging]),

        // Kubernetes.
        module("KubernetesClient", ["KubernetesModel", "HTTPTransport", "Processes", "Cryptography", .yams, .logging]),
        module("ControllerRuntime", ["KubernetesClient", "KubernetesModel", .logging, .collections, .lifecycle]),
        module("RecoveryAPI", ["KubernetesModel"]),
        module("APIMachinery", ["KubernetesModel", .collections]),

        // Storage and protected systems.
        module("ObjectStore", ["HTTPTransport", "Cryptography", .logging]),
        module("BackupArchive", ["ObjectStore", "Cryptography", "Processes", .logging]),
        module(
            "PostgreSQLProtection", path: "Sources/Protection/PostgreSQL",
            ["PostgreSQLClient", "BackupArchive", "Processes", "Cryptography", .logging]),

        module("GitProtection", path: "Sources/Protection/Git", ["BackupArchive", "Processes", "Cryptography"]),
        module(
            "VaultProtection", path: "Sources/Protection/Vault",
            ["BackupArchive", "HTTPTransport", "KubernetesModel", "Processes", "Cryptography"]),

        module(
            "PrometheusProtection", path: "Sources/Protection/Prometheus",
            ["BackupArchive", "Processes", "HTTPTransport", "Cryptography"]),

        module(
            "KubernetesResourcesProtection", path: "Sources/Protection/KubernetesResources",
            ["KubernetesClient", "KubernetesModel", "BackupArchive", "Cryptography", .yams]),

        // The engine, the controllers, the servers, the commands.
        module(
            "RecoveryEngine",
            [
                "RecoveryAPI", "KubernetesModel", "KubernetesClient", "BackupArchive", "ObjectStore",
                "PostgreSQLProtection", "PostgreSQLClient", "GitProtection", "PrometheusProtection", "VaultProtection",
                "KubernetesResourcesProtection", "HTTPTransport",
                "Cryptography", "Processes", .logging, .collections, .yams,
            ]),
        module(
            "Operator",
            [
                "RecoveryEngine", "RecoveryAPI", "ControllerRuntime", "KubernetesClient", "KubernetesModel",
                "KubernetesResourcesProtection", "BackupArchive", "ObjectStore", "PostgreSQLProtection",
                "PostgreSQLClient", "HTTPTransport",
                "Cryptography", "Processes", .logging, .lifecycle,
            ]),
        module(
            "ControlPlane",
            [
                "APIMachinery", "KubernetesModel", "Cryptography", .grdb, .hummingbird, .hummingbirdTLS, .logging,
                .lifecycle, .yams,
            ]),
        module("StatusServer", [.hummingbird, .logging, .lifecycle]),
        module(
            "Commands",
            [
                "Operator", "ControlPlane", "StatusServer", "RecoveryAPI", "RecoveryEngine", "ControllerRuntime",
                "KubernetesClient",
                "KubernetesModel", "KubernetesResourcesProtection", "BackupArchive", "ObjectStore",
                "PostgreSQLProtection", "PostgreSQLClient",
                "HTTPTransport", "Cryptography", "Processes", .argumentParser, .logging, .lifecycle, .signals,
                .yams,
            ]),
        .executableTarget(name: "dr", dependencies: ["Commands"], swiftSettings: strict),

        // Tests.
        .executableTarget(
            name: "process-tool", dependencies: ["Processes"], path: "Tests/Support/ProcessTool", swiftSettings: strict),
        tests("ProcessesTests", ["Processes", "process-tool"]),
        tests("HTTPTransportTests", ["HTTPTransport", "Processes"], resources: [.copy("Resources")]),
        tests("CryptographyTests", ["Cryptography", "COpenSSL", "Processes"], resources: [.copy("Resources")]),
        module(
            "PostgresTestServer", path: "Tests/Support/PostgresTestServer",
            ["PostgreSQLClient", "Processes", "Cryptography"]),
        tests("PostgreSQLClientTests", ["PostgreSQLClient", "PostgresTestServer", "Processes"]),
        tests(
            "PostgreSQLProtectionTests",
            [
                "PostgreSQLProtection", "PostgreSQLClient", "PostgresTestServer", "BackupArchive", "ObjectStore",
                "Processes",
                "Cryptography", "proof-tool",
            ]),
        .executableTarget(
            name: "proof-tool",
            dependencies: ["PostgreSQLProtection", "PostgreSQLClient", "BackupArchive", "ObjectStore", "Cryptography"],
            path: "Tests/Support/ProofTool", swiftSettings: strict),
        module(
            "S3TestServer", path: "Tests/Support/S3TestServer", ["ObjectStore", "Processes", "Cryptography"]),
        .executableTarget(
            name: "store-tool", dependencies: ["BackupArchive", "ObjectStore", "Cryptography", "Processes"],
            path: "Tests/Support/StoreTool",
            swiftSettings: strict),
        module("HangingFolder", path: "Tests/Support/HangingFolder", []),
        tests(
            "ObjectStoreTests",
            ["ObjectStore", "HangingFolder", "S3TestServer", "Processes", "Cryptography", "store-tool"],
            resources: [.copy("Resources")]),
        tests(
            "BackupArchiveTests",
            ["BackupArchive", "ObjectStore", "S3TestServer", "Processes", "Cryptography", "store-tool"]),
        module("VaultTestServer", path: "Tests/Support/VaultTestServer", ["Processes", "Cryptography"]),
        tests(
            "VaultProtectionTests",
            [
                "VaultProtection", "VaultTestServer", "BackupArchive", "ObjectStore", "KubernetesModel",
                "HTTPTransport",
                "Cryptography", "Processes",
            ], resources: [.copy("Resources")]),
        tests(
            "GitProtectionTests", ["GitProtection", "BackupArchive", "ObjectStore", "Cryptography", "Processes"],
            resources: [.copy("Resources")]),
        tests(
            "PrometheusProtectionTests",
            ["PrometheusProtection", "BackupArchive", "ObjectStore", "Cryptography", "Processes", "HTTPTransport"]),
        tests(
            "KubernetesResourcesProtectionTests",
            [
                "KubernetesResourcesProtection", "KubernetesClient", "KubernetesModel", "BackupArchive", "ObjectStore",
                "Cryptography",
                "Processes", "ScriptedAPIServer", "control-plane-probe", .logging,
            ]),
        .target(
            name: "ScriptedAPIServer",
            dependencies: [
                "KubernetesClient", "KubernetesModel", "HTTPTransport", "Processes", "Cryptography", .logging,
            ],
            path: "Tests/Support/ScriptedAPIServer", resources: [.copy("Resources")], swiftSettings: strict),
        tests(
            "KubernetesClientTests",
            ["KubernetesClient", "KubernetesModel", "HTTPTransport", "Cryptography", "ScriptedAPIServer", .logging]),
        tests(
            "ControllerRuntimeTests",
            ["ControllerRuntime", "KubernetesClient", "KubernetesModel", "ScriptedAPIServer", .logging, .lifecycle]),
        tests("APIMachineryTests", ["APIMachinery", "KubernetesModel"]),
        tests("RecoveryAPITests", ["RecoveryAPI", "KubernetesModel"]),
        tests(
            "RecoveryEngineTests",
            [
                "RecoveryEngine", "RecoveryAPI", "BackupArchive", "ObjectStore", "KubernetesModel", "KubernetesClient",
                "KubernetesResourcesProtection",
                "ScriptedAPIServer", "PostgreSQLClient",
            ]),
        .executableTarget(
            name: "control-plane-probe", dependencies: ["ControlPlane", .logging, .lifecycle],
            path: "Tests/Support/ControlPlaneProbe", swiftSettings: strict),
        tests(
            "ControlPlaneTests",
            [
                "ControlPlane", "APIMachinery", "HTTPTransport", "KubernetesModel", "RecoveryAPI", "Processes",
                "control-plane-probe", .logging, .lifecycle,
            ], resources: [.copy("Resources")]),
        tests(
            "OperatorTests",
            [
                "Operator", "dr", "PostgresTestServer", "PostgreSQLClient", "S3TestServer", "VaultTestServer",
                "ObjectStore", "Processes",
                "HangingFolder",
            ]),
        tests(
            "OperatorDecisionTests",
            [
                "Operator", "RecoveryEngine", "RecoveryAPI", "BackupArchive", "KubernetesModel", "KubernetesClient",
                "ObjectStore", .logging,
            ]),
        tests("CommandsTests", ["Commands", "RecoveryAPI", "KubernetesModel"]),
        tests("StatusServerTests", ["StatusServer", "Processes", .logging, .lifecycle]),
    ]
)
