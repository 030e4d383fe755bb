import ArgumentParser
import Foundation
import KubernetesModel
import KubernetesResourcesProtection
import ObjectStore
import RecoveryAPI
import RecoveryEngine

/// Where `dr catalog` finds a store when there is no cluster to ask.
struct CatalogPlace: ParsableArguments {
    @Option(help: ArgumentHelp("A folder that is a store.", valueName: "path"))
    var filesystem: String?

    @Option(
        name: .customLong("store"),
        help: ArgumentHelp(
            "A manifest of a BackupStore. A Secret with its credentials may be in the same file.", valueName: "file"))
    var storeFile: String?

    @Option(help: ArgumentHelp("The S3 service: https://host[:port].", valueName: "url"))
    var s3Endpoint: String?

    @Option(help: ArgumentHelp("The bucket.", valueName: "name"))
    var s3Bucket: String?

    @Option(help: ArgumentHelp("The folder in the bucket.", valueName: "path"))
    var s3Prefix: String?

    @Option(help: ArgumentHelp("The region that requests are signed for.", valueName: "name"))
    var s3Region = "us-east-1"

    @Flag(help: "The bucket is in the host name and not in the path.")
    var s3VirtualHost = false

    @Option(help: ArgumentHelp("PEM certificates to trust instead of the system's.", valueName: "file"))
    var s3CA: String?

    @Option(
        help: ArgumentHelp(
            "A file of AWS credentials, section [default]. Without it AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
            valueName: "file"))
    var s3Credentials: String?

    /// Whether any of it was given.
    var isGiven: Bool { filesystem != nil || storeFile != nil || s3Endpoint != nil || s3Bucket != nil }

    func validate() throws {
        let places = [filesystem != nil, storeFile != nil, s3Endpoint != nil || s3Bucket != nil].filter { $0 }.count
        guard places < 2 else { throw ValidationError("give one of --filesystem, --store and --s3-endpoint") }
        guard (s3Endpoint == nil) == (s3Bucket == nil) else {
            throw ValidationError("--s3-endpoint and --s3-bucket need each other")
        }
    }

    /// Runs `body` with the store and ends its connections after it.
    func with<R>(_ body: (any ObjectStore) async throws -> R) async throws -> R {
        if let filesystem { return try await body(FilesystemStore(root: filesystem)) }
        if let storeFile { return try await Self.with(try manifest(storeFile), body) }
        guard let s3Endpoint, let s3Bucket else {
            throw ValidationError("name a BackupStore of the cluster, or give --filesystem, --store or --s3-endpoint")
        }
        let configuration = S3Configuration(
            endpoint: s3Endpoint, bucket: s3Bucket, region: s3Region, pathStyle: !s3VirtualHost,
            credentials: try credentials(),
            certificateAuthorities: try s3CA.map { try bytes($0, "--s3-ca") })
        return try await Self.with(S3Store(configuration, prefix: s3Prefix ?? ""), body)
    }

    private static func with<R>(_ store: any ObjectStore, _ body: (any ObjectStore) async throws -> R) async throws -> R
    {
        let result: Result<R, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        if let s3 = store as? S3Store { await s3.shutdown() }
        return try result.get()
    }

    // MARK: Files

    private func manifest(_ file: String) throws -> any ObjectStore {
        let documents: [JSON]
        do {
            documents = try ManifestYAML.documents(String(decoding: try bytes(file, "--store"), as: UTF8.self))
        } catch let error as ManifestYAML.Problem {
            throw Complaint("--store: \(file) is not a manifest: \(error)")
        }
        let stores = documents.filter { $0["kind"]?.string == BackupStore.resourceType.kind }
        guard let document = stores.first, stores.count == 1 else {
            throw Complaint("--store: \(file) has \(stores.count) BackupStores; it must have one")
        }
        let resource: BackupStore
        do {
            resource = try document.decode(BackupStore.self)
        } catch {
            throw Complaint("--store: the BackupStore in \(file) cannot be read: \(error)")
        }
        if let folder = resource.spec.filesystem { return FilesystemStore(root: folder.path) }
        guard let s3 = resource.spec.s3 else { throw Complaint("--store: spec needs exactly one of s3 and filesystem") }
        func secret(_ name: String) -> JSON? {
            documents.first { $0["kind"]?.string == "Secret" && $0[path: "metadata", "name"]?.string == name }
        }
        func value(_ secret: JSON?, _ key: String) -> String? {
            if let plain = secret?[path: "stringData", key]?.string { return plain }
            return secret?[path: "data", key]?.string.flatMap { Data(base64Encoded: $0) }.map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        let keys = secret(s3.credentialsSecret.name)
        var found: S3Configuration.Credentials?
        if let id = value(keys, "accessKeyID"), let key = value(keys, "secretAccessKey") {
            found = .init(accessKeyID: id, secretAccessKey: key, sessionToken: value(keys, "sessionToken"))
        }
        var authorities = try s3CA.map { try bytes($0, "--s3-ca") }
        if authorities == nil, let reference = s3.caSecret {
            guard let text = value(secret(reference.name), reference.key ?? "ca.crt") else {
                throw Complaint(
                    "--store: spec.s3.caSecret: \(file) has no Secret \"\(reference.name)\": give the certificates with --s3-ca"
                )
            }
            authorities = Array(text.utf8)
        }
        return S3Store(
            S3Configuration(
                endpoint: s3.endpoint, bucket: s3.bucket, region: s3.region ?? "us-east-1",
                pathStyle: s3.pathStyle ?? true,
                credentials: try found ?? credentials(), certificateAuthorities: authorities,
                objectLock: s3.objectLock.map(Resolver.objectLock)), prefix: s3.prefix ?? "")
    }

    private func bytes(_ file: String, _ option: String) throws -> [UInt8] {
        do { return Array(try Data(contentsOf: URL(filePath: file))) } catch {
            throw Complaint("\(option): \(file) cannot be read: \(error.localizedDescription)")
        }
    }

    /// Never from an argument: others can read those.
    private func credentials() throws -> S3Configuration.Credentials {
        var values = ProcessInfo.processInfo.environment
        if let s3Credentials {
            values = [:]
            var isDefault = true
            for line in String(decoding: try bytes(s3Credentials, "--s3-credentials"), as: UTF8.self).split(
                whereSeparator: \.isNewline)
            {
                let line = line.trimmingCharacters(in: .whitespaces)
                if line.hasPrefix("[") { isDefault = line == "[default]" }
                guard isDefault, let equals = line.firstIndex(of: "=") else { continue }
                let name = line[..<equals].trimmingCharacters(in: .whitespaces).uppercased()
                values[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            }
        }
        guard let id = values["AWS_ACCESS_KEY_ID"], let key = values["AWS_SECRET_ACCESS_KEY"], !id.isEmpty, !key.isEmpty
        else {
            throw Complaint(
                s3Credentials.map {
                    "--s3-credentials: \($0) has no aws_access_key_id and aws_secret_access_key in [default]"
                }
                    ?? "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --s3-credentials"
            )
        }
        return .init(accessKeyID: id, secretAccessKey: key, sessionToken: values["AWS_SESSION_TOKEN"])
    }
}
