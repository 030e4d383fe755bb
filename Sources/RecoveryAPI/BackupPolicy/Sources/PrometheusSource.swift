/// A Prometheus server: a snapshot of its TSDB.
public struct PrometheusSource: Codable, Sendable, Hashable {
    public var url: String
    /// What the server is given as `--storage.tsdb.path`, as dr sees it. dr removes its snapshots there.
    public var dataDirectory: String
    /// Key `ca.crt`.
    public var caSecret: SecretReference?
    /// Keys `username` and `password`, or `token`.
    public var credentialsSecret: ObjectReference?

    public init(
        url: String, dataDirectory: String, caSecret: SecretReference? = nil, credentialsSecret: ObjectReference? = nil
    ) {
        self.url = url
        self.dataDirectory = dataDirectory
        self.caSecret = caSecret
        self.credentialsSecret = credentialsSecret
    }

    /// `prometheus/metrics.example.com`.
    var summary: String {
        let rest = url.split(separator: "://", maxSplits: 1).last.map(String.init) ?? url
        return "prometheus/\(rest.prefix { $0 != "/" && $0 != ":" })"
    }
}

extension PrometheusSource {
    static let urlSchema = Schema.string(
        "Its address: https://host:9090, with the prefix of its routes if it has one. A password does not belong here.",
        pattern: "^https?://[^/@?#\\s][^@?#\\s]*$", maxLength: 2048)
    static let directorySchema = Schema.string(
        "The folder that the server is given as --storage.tsdb.path, as dr sees it; dr must be able to write there.",
        pattern: "^/[^\\x00]*$",
        maxLength: 4096)
    static let credentialsSchema = Schema.reference("The Secret with username and password, or with token.")
    static let authoritySchema = Schema.secret(
        "The Secret with the certificates that an https server's is checked against.", key: "ca.crt")

    static let schema = Schema.object(
        "A Prometheus server with the admin API: a snapshot of its TSDB.",
        [
            "url": urlSchema.required, "dataDirectory": directorySchema.required, "caSecret": authoritySchema,
            "credentialsSecret": credentialsSchema,
        ])
}
