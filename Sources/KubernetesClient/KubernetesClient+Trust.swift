import Cryptography
import Foundation
import HTTPTransport
import Synchronization

extension KubernetesClient {
    /// - Throws: ``ClusterConfigurationError`` naming the file that cannot be used.
    static func readTrust(_ configuration: ClusterConfiguration) throws -> HTTPTLS {
        func read(_ material: ClusterConfiguration.Material?, isCertificate: Bool = true) throws -> [UInt8]? {
            let (bytes, location): ([UInt8], String)
            switch material {
            case nil: return nil
            case .bytes(let inline): (bytes, location) = (inline, "the certificate data of the kubeconfig")
            case .file(let path):
                guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
                    throw ClusterConfigurationError(location: path, message: "cannot be read or is empty")
                }
                (bytes, location) = ([UInt8](data), path)
            }
            guard isCertificate else { return bytes }
            do throws(CryptographyError) {
                _ = try Certificate.parse(pem: String(decoding: bytes, as: UTF8.self))
            } catch {
                throw ClusterConfigurationError(location: location, message: error.message)
            }
            return bytes
        }
        return HTTPTLS(
            certificateAuthorities: try read(configuration.certificateAuthority),
            clientCertificate: try read(configuration.clientCertificate),
            clientKey: try read(configuration.clientKey, isCertificate: false),
            serverName: configuration.serverName, skipsVerification: configuration.skipsVerification)
    }

    /// Certificates that are files are rotated under us. A broken or empty one is passed over: it is being written.
    /// - Parameter interval: the least time since the last look.
    /// - Returns: whether something else is used from now on.
    @discardableResult
    func refreshTrust(notWithin interval: Duration) -> Bool {
        let isDue = trustChecked.withLock { last in
            guard ContinuousClock.now - last > interval else { return false }
            last = .now
            return true
        }
        guard isDue, let new = try? Self.readTrust(configuration) else { return false }
        return use { current in
            current.certificateAuthorities = new.certificateAuthorities
            if new.clientCertificate != nil {
                current.clientCertificate = new.clientCertificate
                current.clientKey = new.clientKey
            }
        }
    }

    func adopt(certificate: [UInt8], key: [UInt8]) {
        use { current in
            current.clientCertificate = certificate
            current.clientKey = key
        }
    }

    @discardableResult
    private func use(_ change: (inout HTTPTLS) -> Void) -> Bool {
        let changed = trust.withLock { current -> HTTPTLS? in
            let before = current
            change(&current)
            return current == before ? nil : current
        }
        guard let changed else { return false }
        unary.update(tls: changed)
        watches.update(tls: changed)
        return true
    }
}
