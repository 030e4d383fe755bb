import HTTPTransport

extension S3Client {
    /// What an answer means, and the store's own code for it. The store's words are repeated only where they hold no
    /// signature.
    func failure(_ reply: Reply, _ key: String) -> (error: ObjectStoreError, code: String) {
        let document = XMLTree.parse(reply.body)
        let code = document?["Code"]?.text ?? ""
        let said = document?["Message"]?.text ?? ""
        let detail = [code, String(said.prefix(300))].filter { !$0.isEmpty }.joined(separator: ": ")
        func error(_ kind: ObjectStoreError.Code, _ message: String, isRetriable: Bool? = nil) -> ObjectStoreError {
            ObjectStoreError(kind, message, key: key, isRetriable: isRetriable)
        }
        let meaning: ObjectStoreError =
            switch (code, reply.status) {
            case ("NoSuchBucket", _):
                noSuchBucket
            case ("NoSuchKey", _), ("NoSuchUpload", _), ("", 404):
                error(.notFound, "there is no such object in the store")
            case ("InvalidAccessKeyId", _), ("SignatureDoesNotMatch", _), ("ExpiredToken", _), ("InvalidToken", _),
                ("InvalidClientTokenId", _), ("TokenRefreshRequired", _):
                error(
                    .invalidCredentials,
                    "the store refused the credentials (\(code)): correct the Secret of spec.s3.credentialsSecret")
            case ("RequestTimeTooSkewed", _), ("RequestExpired", _):
                error(
                    .invalidCredentials,
                    "the clock of this machine and that of the store differ too much: set them right")
            case ("AuthorizationHeaderMalformed", _), ("PermanentRedirect", _), (_, 301), (_, 307):
                error(.other, wrongRegion(document?["Region"]?.text ?? reply.headers["x-amz-bucket-region"], detail))
            case ("ConditionalRequestConflict", _), ("OperationAborted", _):
                error(.throttled, "the store is busy with another write of this key")
            case ("PreconditionFailed", _), (_, 412):
                error(.preconditionFailed, "the object is there already, or has changed")
            case ("BadDigest", _), ("XAmzContentSHA256Mismatch", _), ("IncompleteBody", _), ("InvalidDigest", _):
                error(.corrupt, "the bytes were changed on their way to the store (\(code))", isRetriable: true)
            case ("SlowDown", _), (_, 429), ("TooManyRequests", _):
                error(.throttled, "the store asks to slow down")
            case ("RequestTimeout", _), (_, 408):
                error(.unreachable, "the store did not get the request in time")
            case ("AccessDenied", _), (_, 401), (_, 403):
                error(
                    .accessDenied,
                    "the store refuses this to the credentials of spec.s3.credentialsSecret (\(detail.isEmpty ? "\(reply.status)" : detail)): check the bucket's policy"
                )
            case (_, 507), ("QuotaExceeded", _), ("XMinioStorageFull", _):
                error(.full, "the store is full (\(detail)): free some room", isRetriable: false)
            case ("NotImplemented", _), (_, 501):
                error(.unsupported, "the store does not know this (\(detail))")
            case (_, 500...):
                error(.unreachable, "the store failed (\(reply.status) \(detail))")
            default:
                error(.other, "the store answered \(reply.status) \(detail)")
            }
        return (meaning, code)
    }

    var noSuchBucket: ObjectStoreError {
        ObjectStoreError(
            .noSuchBucket, "there is no bucket \"\(configuration.bucket)\": create it, or correct spec.s3.bucket",
            key: "")
    }

    private func wrongRegion(_ region: String?, _ detail: String) -> String {
        guard let region, !region.isEmpty else {
            return "the store wants another endpoint or region (\(detail)): correct spec.s3.endpoint or spec.s3.region"
        }
        return
            "the bucket is in the region \"\(region)\" and not in \"\(configuration.region)\": correct spec.s3.region"
    }

    func failure(_ error: HTTPError, _ key: String) -> ObjectStoreError {
        switch error.code {
        case .tls:
            ObjectStoreError(
                .untrusted,
                "the store's certificate is not trusted (\(error.message)): correct spec.s3.caSecret or spec.s3.endpoint",
                key: key)
        case .malformed:
            ObjectStoreError(.other, "spec.s3.endpoint gives no HTTP exchange: \(error.message)", key: key)
        case .tooLarge: ObjectStoreError(.corrupt, "the store gave more than it was asked for", key: key)
        case .resolve, .connect:
            ObjectStoreError(
                .unreachable, "the store was not reached (\(error.message)): check spec.s3.endpoint and the network",
                key: key)
        default:
            ObjectStoreError(
                .unreachable, "the exchange with the store broke: \(error.message)", key: key,
                isRetriable: error.isRetriable)
        }
    }
}
