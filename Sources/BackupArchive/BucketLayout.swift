import Foundation
import ObjectStore

/// The keys of everything in a store. Names are escaped: two never make one key.
public enum BucketLayout {
    public static let format = "format.json"
    public static let catalog = "catalog/"

    public static func manifest(namespace: String, policy: String, backup: String) -> String {
        ObjectPath.join("catalog", namespace, policy, backup) + ".json"
    }

    public static func manifests(namespace: String, policy: String) -> String {
        ObjectPath.join("catalog", namespace, policy) + "/"
    }

    /// Every attempt has a name of its own: a late one can never overwrite what a manifest names.
    public static func artifact(namespace: String, policy: String, backup: String, attempt: String, name: String)
        -> String
    {
        ObjectPath.join("data", namespace, policy, backup, attempt, name)
    }

    public static func data(namespace: String, policy: String, backup: String) -> String {
        ObjectPath.join("data", namespace, policy, backup) + "/"
    }

    public static func data(namespace: String, policy: String) -> String {
        ObjectPath.join("data", namespace, policy) + "/"
    }

    /// What a store with locking locks: nothing else is evidence or data that nobody changes any more.
    public static let locked = ["data/", catalog]

    /// Whose an object of the data folder is. Nil for a key that is none of ours.
    static func owner(ofArtifact key: String) -> (folder: String, backup: String)? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "data" else { return nil }
        return ("data/\(parts[1])/\(parts[2])/", parts[3])
    }

    /// Which cluster writes a policy's backups.
    public static func writer(namespace: String, policy: String) -> String {
        ObjectPath.join("writers", namespace, policy) + ".json"
    }

    /// Lists of backups that are being deleted.
    public static func expiry(namespace: String, policy: String) -> String {
        ObjectPath.join("expiry", namespace, policy) + "/"
    }

    /// What was found when a backup was restored to prove it.
    public static func proof(namespace: String, policy: String, backup: String) -> String {
        ObjectPath.join("proofs", namespace, policy, backup) + ".json"
    }

    public static func proofs(namespace: String, policy: String) -> String {
        ObjectPath.join("proofs", namespace, policy) + "/"
    }

    public static func ledger(namespace: String, plan: String, token: String) -> String {
        ObjectPath.join("ledger", namespace, plan, token) + ".json"
    }

    public static func journal(namespace: String, plan: String, run: String) -> String {
        ObjectPath.join("runs", namespace, plan, run, "journal.jsonl")
    }

    public static func timeline(namespace: String, plan: String, run: String) -> String {
        ObjectPath.join("runs", namespace, plan, run, "timeline.md")
    }

    public static func runbook(namespace: String, plan: String) -> String {
        ObjectPath.join("runbooks", namespace, plan) + ".md"
    }
}
