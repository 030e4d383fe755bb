import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// The TLS server as a service.
struct HTTPService: Service {
    var host: String
    var port: Int
    var identity: ServerIdentity
    var responder: APIResponder
    var logger: Logger
    /// Called with the port once connections are accepted.
    var onListening: @Sendable (Int) async -> Void

    func run() async throws {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(identity.privateKeyPEM.utf8), format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        let onListening = self.onListening
        let application = Application(
            responder: responder,
            server: try .tls(
                .http1(
                    configuration: .init(additionalChannelHandlers: [CloseWithClient()], idleTimeout: .seconds(300))),
                tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw ControlPlaneError(
                code: .listen, location: "\(host):\(port)",
                message: "cannot listen: \(error.description); choose another address or port")
        }
    }
}
