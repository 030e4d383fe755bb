/// The types of conditions. The reasons are in ``Reason``; both are shared by the controllers, the events and the tests.
public enum ConditionType {
    /// The object is usable: kstatus's summary.
    /// What it goes by has not been looked at yet: soon it is.
    public static let notYetSeen = "NotYetSeen"
    public static let ready = "Ready"
    /// Present only while true: the controller is at work towards the spec.
    public static let reconciling = "Reconciling"
    /// Present only while true: nothing moves until a person acts.
    public static let stalled = "Stalled"

    /// Backup: every byte was acknowledged by the store.
    public static let stored = "Stored"
    /// Backup: the manifest is written; all that a restore needs is there.
    public static let complete = "Complete"
    /// Backup: restored elsewhere and proven equal.
    public static let restoreVerified = "RestoreVerified"

    /// BackupPolicy and RecoveryPlan: the newest recoverable moment is young enough.
    public static let objectiveMet = "ObjectiveMet"
    /// BackupPolicy: a backup was proven.
    public static let verified = "Verified"
    /// BackupPolicy: the login will do for the next backup. Present only where it ends.
    public static let credentialLasts = "CredentialLasts"

    /// RecoveryRun: it ended and every step ended well.
    public static let succeeded = "Succeeded"
}

/// The reasons of conditions and events.
public enum Reason {
    /// What it goes by has not been looked at yet: soon it is.
    public static let notYetSeen = "NotYetSeen"
    public static let ready = "Ready"
    public static let invalidSpec = "InvalidSpec"
    public static let secretMissing = "SecretMissing"
    public static let storeMissing = "StoreMissing"
    public static let storeNotReady = "StoreNotReady"
    public static let policyMissing = "PolicyMissing"
    public static let probeFailed = "ProbeFailed"
    /// The server is not reached, or the file system hangs: it is tried again, and nobody has changed anything.
    public static let storeDoesNotAnswer = "StoreDoesNotAnswer"
    public static let noConditionalWrites = "NoConditionalWrites"
    public static let dataPrefixInUse = "DataPrefixInUse"

    public static let writerConflict = "WriterConflict"
    public static let writerUnknown = "WriterUnknown"
    public static let objectLockMissing = "ObjectLockMissing"
    public static let backupExpired = "BackupExpired"
    public static let retentionFailed = "RetentionFailed"
    public static let dataDeleted = "DataDeleted"
    public static let dataRetained = "DataRetained"
    public static let dataMissing = "DataMissing"
    public static let orphansDeleted = "OrphansDeleted"
    public static let catalogueDamaged = "CatalogueDamaged"

    public static let suspended = "Suspended"
    public static let noBackupYet = "NoBackupYet"
    public static let objectiveMet = "ObjectiveMet"
    public static let objectiveBreached = "ObjectiveBreached"
    public static let noObjective = "NoObjective"
    public static let scheduleSlowerThanObjective = "ScheduleSlowerThanObjective"
    public static let cronNeverFires = "CronNeverFires"
    public static let unknownTimeZone = "UnknownTimeZone"
    public static let backupScheduled = "BackupScheduled"

    public static let backupRunning = "BackupRunning"
    public static let backupStored = "BackupStored"
    public static let backupComplete = "BackupComplete"
    public static let backupAdopted = "BackupAdopted"
    public static let backupFailed = "BackupFailed"
    public static let backupRetrying = "BackupRetrying"
    public static let notVerified = "NotVerified"
    /// Backup: what is stored was checked and found whole; it was not restored and compared, so that it is not proven.
    public static let onlyChecked = "OnlyChecked"
    /// Backup: as many as may be are being made; it waits.
    public static let queued = "Queued"

    public static let tokenExpires = "TokenExpires"
    public static let tokenLasts = "TokenLasts"

    public static let neverVerified = "NeverVerified"
    public static let verificationRequested = "VerificationRequested"
    public static let verificationRunning = "VerificationRunning"
    public static let verified = "Verified"
    public static let verificationFailed = "VerificationFailed"
    public static let verificationOverdue = "VerificationOverdue"
    /// It could not be found out; nothing is said against the backup.
    public static let verificationError = "VerificationError"
    public static let verificationTimedOut = "VerificationTimedOut"
    public static let noIdentity = "NoIdentity"

    public static let standby = "Standby"
    public static let runCreated = "RunCreated"
    /// RecoveryRun: it waits for another one of the same plan.
    public static let otherRunUnderWay = "OtherRunUnderWay"
    public static let planCycle = "PlanCycle"
    public static let running = "Running"
    public static let paused = "Paused"
    public static let succeeded = "Succeeded"
    public static let failed = "Failed"
    public static let aborted = "Aborted"
    public static let alreadyExecuted = "AlreadyExecuted"
    public static let stepStarted = "StepStarted"
    public static let stepSucceeded = "StepSucceeded"
    public static let stepFailed = "StepFailed"
    public static let stepRetrying = "StepRetrying"
    public static let stepUnknown = "StepUnknown"
}
