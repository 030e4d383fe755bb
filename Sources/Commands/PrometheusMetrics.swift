import ControllerRuntime
import Foundation
import Operator
import StatusServer

/// The operator's measurements as Prometheus reads them: `docs/metrics.md` lists them.
struct PrometheusMetrics: OperatorMetrics {
    private let recoverable: Gauge
    private let objective: Gauge
    private let verified: Gauge
    private let duration: Gauge
    private let credential: Gauge
    private let backups: Counter
    private let verifications: Counter
    private let reconciles: Counter
    private let reconcileTime: Histogram
    private let depth: Gauge

    init(_ registry: MetricsRegistry) {
        let policy = ["namespace", "policy"]
        recoverable = registry.gauge(
            "dr_policy_recoverable_timestamp_seconds",
            help: "The newest moment to which the policy's data can be brought back, in Unix time.",
            labels: policy)
        objective = registry.gauge(
            "dr_policy_rpo_seconds", help: "The policy's recovery point objective.", labels: policy)
        verified = registry.gauge(
            "dr_policy_last_verified_timestamp_seconds",
            help: "When a backup of the policy was last proven by restoring it, in Unix time.",
            labels: policy)
        duration = registry.gauge(
            "dr_policy_last_verification_duration_seconds",
            help: "How long the last proof took: a measured recovery time.", labels: policy)
        credential = registry.gauge(
            "dr_policy_credential_expiry_timestamp_seconds",
            help: "When the login that took the policy's newest backup ends, in Unix time.",
            labels: policy)
        backups = registry.counter(
            "dr_backup_total", help: "Backups that ended, by result: complete or failed.", labels: ["result"])
        verifications = registry.counter(
            "dr_verification_total",
            help:
                "Attempts to prove a backup that ended, by result: verified, broken, checked when nothing was restored, or error when it could not be found out.",
            labels: ["result"])
        reconciles = registry.counter(
            "controller_runtime_reconcile_total", help: "Reconcile passes by controller and result.",
            labels: ["controller", "result"])
        reconcileTime = registry.histogram(
            "controller_runtime_reconcile_time_seconds", help: "How long reconcile passes took.", labels: ["controller"]
        )
        depth = registry.gauge("workqueue_depth", help: "Objects that wait to be reconciled.", labels: ["controller"])
        for result in ["complete", "failed"] { backups.create(labels: [result]) }
        for result in ["verified", "broken", "checked", "error"] { verifications.create(labels: [result]) }
    }

    func reconciled(controller: String, result: String, seconds: Double) {
        reconciles.increment(labels: [controller, result])
        reconcileTime.observe(seconds, labels: [controller])
    }

    func queue(controller: String, depth count: Int) { depth.set(Double(count), labels: [controller]) }

    func backedUp(result: String) { backups.increment(labels: [result]) }

    func verified(result: String) { verifications.increment(labels: [result]) }

    /// A series that there is nothing to say of is not there: 0 would be a day of 1970.
    func policy(namespace: String, name: String, _ facts: PolicyFacts?) {
        let labels = [namespace, name]
        func set(_ gauge: Gauge, _ value: Double?) {
            if let value { gauge.set(value, labels: labels) } else { gauge.remove(labels: labels) }
        }
        set(recoverable, facts?.recoverableTo?.timeIntervalSince1970)
        set(objective, facts?.rpo.map(Double.init))
        set(verified, facts?.lastVerificationTime?.timeIntervalSince1970)
        set(credential, facts?.credentialEndsAt?.timeIntervalSince1970)
        set(duration, facts?.lastVerificationSeconds.map(Double.init))
    }
}
