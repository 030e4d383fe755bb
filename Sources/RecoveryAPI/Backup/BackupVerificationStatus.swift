public import Foundation

extension Backup {
    /// The proof of a backup under way, or the last one.
    public struct Verification: Codable, Sendable, Hashable {
        /// The value of the annotation ``Backup/verifyAnnotation`` that was taken up last.
        public var requested: String?
        /// When its first attempt began.
        public var startedAt: Date?
        /// When there was a verdict, or it was given up; nil while it is under way.
        public var finishedAt: Date?
        /// When it was last found good or broken: `RestoreVerified` says which. Kept while it is verified again.
        public var verdictAt: Date?
        public var attempts: Int64?
        /// When an attempt that failed is made again.
        public var retryAt: Date?
        /// What was found to hold, at most ``maxChecks``.
        public var checks: [Check]?
        /// How long the attempt with the verdict took, `12m`: a measured recovery time.
        public var duration: String?
        public var durationSeconds: Int64?
        /// What is wrong with the backup, or why it could not be found out.
        public var error: String?

        public init() {}

        public static let maxChecks = 32
    }

    public struct Check: Codable, Sendable, Hashable {
        public var name: String
        public var message: String

        public init(name: String, message: String) {
            self.name = name
            self.message = message
        }
    }
}

extension Backup.Verification {
    static let schema = Schema.object(
        "The proof of it: it is restored elsewhere and compared with what was recorded.",
        [
            "requested": .string("The annotation dr.hotswap.io/verify that was taken up last.", maxLength: 128),
            "startedAt": .time("When its first attempt began."),
            "finishedAt": .time("When there was a verdict, or it was given up."),
            "verdictAt": .time("When it was last found good or broken: RestoreVerified says which."),
            "attempts": .integer("How often it was started."),
            "retryAt": .time("When an attempt that failed is made again."),
            "checks": .atomicList(
                "What was found to hold.", maxItems: Int64(maxChecks),
                .object(
                    "One thing that was compared.",
                    [
                        "name": .string("Its name.", maxLength: 128).required,
                        "message": .string("What was found.", minLength: nil, maxLength: 1024).required,
                    ])),
            "duration": .string(
                "How long restoring and comparing took, for people: a measured recovery time.", maxLength: 32),
            "durationSeconds": .integer("The same in seconds."),
            "error": .string("What is wrong with the backup, or why it could not be found out.", maxLength: 4096),
        ])
}
