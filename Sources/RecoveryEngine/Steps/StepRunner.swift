import BackupArchive
import Foundation
import HTTPTransport
import KubernetesClient
import ObjectStore
import PostgreSQLClient
import RecoveryAPI

/// Runs one step to its end.
public enum StepRunner {
    /// - Throws: ``StepError`` or `CancellationError`.
    public static func run(_ context: StepContext) async throws -> StepResult {
        do {
            switch context.step.kind {
            case .restorePostgreSQL: return try await RestorePostgreSQLStep.run(context)
            case .restoreGit: return try await RestoreGitStep.run(context)
            case .restoreResources: return try await RestoreResourcesStep.run(context)
            case .restorePrometheus: return try await RestorePrometheusStep.run(context)
            case .restoreVault: return try await RestoreVaultStep.run(context)
            case .restoreVaultKV: return try await RestoreVaultKVStep.run(context)
            case .unsealVault: return try await UnsealVaultStep.run(context)
            case .sql: return try await SQLStep.run(context)
            case .scale: return try await ScaleStep.run(context)
            case .rolloutRestart: return try await RolloutRestartStep.run(context)
            case .wait: return try await WaitStep.run(context)
            case .http: return try await HTTPStep.run(context)
            case .apply: return try await ApplyStep.run(context)
            case nil: throw StepError("the step has no kind, or more than one", isRetriable: false)
            }
        } catch let error as StepError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch let error as any ProtectionFailure {
            throw StepError("\(error)", isRetriable: error.isRetriable)
        } catch let error as VerificationFailure {
            throw StepError("\(error)", isRetriable: false)
        } catch let error as PostgresError {
            throw StepError("\(error)", isRetriable: error.isRetriable)
        } catch let error as KubernetesError {
            throw StepError("\(error)", isRetriable: error.isRetriable)
        } catch let error as ObjectStoreError {
            throw StepError("\(error)", isRetriable: error.isRetriable)
        } catch let error as HTTPError {
            throw StepError("\(error)", isRetriable: error.isRetriable)
        } catch let error as ArchiveError {
            throw StepError("\(error)", isRetriable: false)
        } catch let error as ReferenceError {
            // A missing Secret may be created meanwhile.
            throw StepError("\(error)", isRetriable: true)
        } catch {
            throw StepError("\(error)", isRetriable: true)
        }
    }
}
