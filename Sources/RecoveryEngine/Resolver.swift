public import BackupArchive
public import Cryptography
public import Foundation
public import GitProtection
public import KubernetesClient
import KubernetesModel
public import KubernetesResourcesProtection
public import ObjectStore
public import PostgreSQLClient
import PostgreSQLProtection
public import RecoveryAPI

/// Something that a resource refers to and that is not there or not usable: what is missing, and the mend.
public struct ReferenceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Of ``RecoveryAPI/Reason``.
    public var reason: String
    public var description: String

    public init(reason: String, _ description: String) {
        self.reason = reason
        self.description = description
    }
}

/// Turns references of resources into the things they mean. Secrets are read by name, in the resource's namespace, at the
/// moment they are needed, and kept nowhere.
public struct Resolver: Sendable {
    public let client: KubernetesClient
    public let stores: StoreCache
    /// What may be lost: mirrors, and folders of work under way.
    public let cache: URL
    /// How far policies and plans reach with the operator's rights.
    public let reach: ResourceReach
    /// Of a step: an API server that is away is waited for. Nil where others try again, and where people want to hear of it now.
    var patience: Patience?

    public init(
        client: KubernetesClient, stores: StoreCache, cache: URL = ScratchFolder.standard,
        reach: ResourceReach = .ownNamespace
    ) {
        self.reach = reach
        self.client = client
        self.stores = stores
        self.cache = cache
    }

    /// Does what may be done twice.
    func persist<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        guard let patience else { return try await body() }
        return try await patience.through(body)
    }

    // MARK: Secrets

    public func secret(_ reference: SecretReference, key: String, namespace: String, field: String) async throws
        -> String
    {
        let key = reference.key ?? key
        let data = try await secretData(reference.name, namespace: namespace, field: field)
        guard let value = data[key], !value.isEmpty else {
            let known = data.keys.sorted().joined(separator: ", ")
            throw ReferenceError(
                reason: Reason.secretMissing,
                "\(field): the Secret \"\(reference.name)\" has no key \"\(key)\" (it has: \(known.isEmpty ? "none" : known))"
            )
        }
        return String(decoding: value, as: UTF8.self)
    }

    func secretData(_ name: String, namespace: String, field: String) async throws -> [String: Data] {
        guard let secret = try await persist({ try await client.getIfPresent(Secret.self, name, namespace: namespace) })
        else {
            throw ReferenceError(
                reason: Reason.secretMissing,
                "\(field): there is no Secret \"\(name)\" in the namespace \"\(namespace)\"; create it")
        }
        return secret.data ?? [:]
    }

    // MARK: PostgreSQL

    public func postgres(_ source: PostgreSQLSource, namespace: String, field: String) async throws
        -> PostgresConfiguration
    {
        var password: String?
        if let reference = source.passwordSecret {
            password = try await secret(
                reference, key: "password", namespace: namespace, field: "\(field).passwordSecret")
            if password?.last == "\n" { password?.removeLast() }  // files often end so
        }
        var certificates: String?
        if let reference = source.caSecret {
            certificates = try await secret(reference, key: "ca.crt", namespace: namespace, field: "\(field).caSecret")
        }
        let mode = source.sslMode.flatMap(PostgresConfiguration.SSLMode.init(rawValue:))
        return PostgresConfiguration(
            host: source.host, port: source.port ?? 5432, database: source.database ?? "postgres", user: source.user,
            password: password,
            sslMode: mode ?? (certificates == nil ? .prefer : .verifyFull), rootCertificates: certificates)
    }

    public func policy(_ name: String, namespace: String, field: String) async throws -> BackupPolicy {
        guard
            let policy = try await persist({
                try await client.getIfPresent(BackupPolicy.self, name, namespace: namespace)
            })
        else {
            throw ReferenceError(
                reason: Reason.policyMissing,
                "\(field): there is no BackupPolicy \"\(name)\" in the namespace \"\(namespace)\"")
        }
        return policy
    }

    public func git(_ source: GitSource, namespace: String, field: String) async throws -> GitRemote {
        var remote = GitRemote(url: source.url)
        if let reference = source.credentialsSecret {
            let data = try await secretData(reference.name, namespace: namespace, field: "\(field).credentialsSecret")
            func text(_ key: String) -> String? { data[key].map { String(decoding: $0, as: UTF8.self) } }
            func line(_ key: String) -> String? { text(key)?.trimmingCharacters(in: .newlines) }
            remote.username = line("username")
            remote.password = line("password") ?? line("token")
            remote.sshKey = text("ssh-privatekey")
            remote.knownHosts = text("known_hosts")
            guard remote.password != nil || remote.sshKey != nil else {
                throw ReferenceError(
                    reason: Reason.secretMissing,
                    "\(field).credentialsSecret: the Secret \"\(reference.name)\" needs username and password, or ssh-privatekey and known_hosts"
                )
            }
        }
        if let reference = source.caSecret {
            remote.certificateAuthorities = try await secret(
                reference, key: "ca.crt", namespace: namespace, field: "\(field).caSecret")
        }
        return remote
    }

    /// The system that a policy protects, with the credentials that its Secrets hold now.
    public func system(_ policy: BackupPolicy) async throws -> any ProtectedSystem {
        let source = policy.spec.source
        if let source = source.postgresql { return try await postgreSQL(source, of: policy) }
        if let source = source.git {
            return GitSystem(
                remote: try await git(source, namespace: policy.namespace, field: "spec.source.git"),
                cache: try ScratchFolder.checked(cache).appending(path: "git"),
                name: "\(policy.namespace)/\(policy.name)")
        }
        if let source = source.prometheus { return try await prometheusSystem(source, of: policy) }
        if let source = source.vault { return try await vaultSystem(source, policy) }
        if let source = source.kubernetes { return try resources(source, namespace: policy.namespace) }
        throw ReferenceError(
            reason: Reason.invalidSpec,
            "the BackupPolicy \"\(policy.name)\": spec.source names no system that this dr knows")
    }

    // MARK: Stores

    public func storeResource(_ name: String, namespace: String) async throws -> BackupStore {
        guard
            let store = try await persist({
                try await client.getIfPresent(BackupStore.self, name, namespace: namespace)
            })
        else {
            throw ReferenceError(
                reason: Reason.storeMissing,
                "spec.storeRef: there is no BackupStore \"\(name)\" in the namespace \"\(namespace)\"")
        }
        return store
    }

    public func store(_ resource: BackupStore) async throws -> any ObjectStore {
        let namespace = resource.namespace
        if let folder = resource.spec.filesystem { return FilesystemStore(root: folder.path) }
        guard let s3 = resource.spec.s3 else {
            throw ReferenceError(reason: Reason.invalidSpec, "spec needs exactly one of s3 and filesystem")
        }
        let data = try await secretData(
            s3.credentialsSecret.name, namespace: namespace, field: "spec.s3.credentialsSecret")
        func value(_ key: String) -> String? {
            data[key].map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        guard let id = value("accessKeyID"), let key = value("secretAccessKey"), !id.isEmpty, !key.isEmpty else {
            throw ReferenceError(
                reason: Reason.secretMissing,
                "spec.s3.credentialsSecret: the Secret \"\(s3.credentialsSecret.name)\" needs the keys accessKeyID and secretAccessKey"
            )
        }
        var certificates: [UInt8]?
        if let reference = s3.caSecret {
            certificates = Array(
                try await secret(reference, key: "ca.crt", namespace: namespace, field: "spec.s3.caSecret").utf8)
        }
        return await stores.s3(
            S3Configuration(
                endpoint: s3.endpoint, bucket: s3.bucket, region: s3.region ?? "us-east-1",
                pathStyle: s3.pathStyle ?? true,
                credentials: S3Configuration.Credentials(
                    accessKeyID: id, secretAccessKey: key, sessionToken: value("sessionToken")),
                certificateAuthorities: certificates, objectLock: s3.objectLock.map(Self.objectLock)),
            prefix: s3.prefix ?? "")
    }

    public static func objectLock(_ lock: BackupStore.ObjectLock) -> S3Configuration.ObjectLock {
        S3Configuration.ObjectLock(
            mode: lock.mode == .governance ? .governance : .compliance, retain: Double(lock.retain.seconds),
            prefixes: BucketLayout.locked)
    }

    public func store(named name: String, namespace: String) async throws -> any ObjectStore {
        try await store(storeResource(name, namespace: namespace))
    }

    public static func recipients(_ resource: BackupStore) throws -> [AgeRecipient] {
        try resource.spec.encryption.recipients.map { text in
            do throws(AgeError) {
                return try AgeRecipient(parsing: text)
            } catch {
                throw ReferenceError(reason: Reason.invalidSpec, "spec.encryption.recipients: \(error.message)")
            }
        }
    }

    public func identities(_ resource: BackupStore) async throws -> [AgeIdentity] {
        guard let reference = resource.spec.encryption.identitySecret else {
            throw ReferenceError(
                reason: Reason.secretMissing,
                "the BackupStore \"\(resource.name)\" has no spec.encryption.identitySecret: a restore needs the age identity"
            )
        }
        let text = try await secret(
            reference, key: "identity", namespace: resource.namespace, field: "spec.encryption.identitySecret")
        do throws(AgeError) {
            return try AgeIdentity.parseFile(text)
        } catch {
            throw ReferenceError(reason: Reason.invalidSpec, "spec.encryption.identitySecret: \(error.message)")
        }
    }
}
