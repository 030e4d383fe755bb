import BackupArchive
import Testing

@testable import KubernetesResourcesProtection

@Suite struct CheckingTests {
    typealias Tally = Checking.Tally

    private static func tally(_ outcomes: [ObjectCheck.Outcome], outOfReach: Int = 0) -> Tally {
        var tally = Tally()
        for outcome in outcomes { tally.add(outcome, name: "ConfigMap shop/a") }
        tally.outOfReach = outOfReach
        return tally
    }

    @Test func `Objects that the API server was asked about are proven, also where some could not be`() {
        for outcome in [
            ObjectCheck.Outcome.created, .updated, .unchanged, .conflicts([]), .checkedElsewhere, .immovable("x"),
        ] {
            #expect(Self.tally([.unchecked(.noKind, "x"), outcome]).level(of: 2) == .restored)
        }
        #expect(Self.tally([]).level(of: 0) == .restored, "nothing was backed up")
    }

    @Test(arguments: [
        (ObjectCheck.Unchecked.noNamespace, "create it"), (.noKind, "CustomResourceDefinitions"),
        (.notAllowed, "dr-resources-restore"), (.noDryRun, "webhook"),
    ])
    func `A backup of which the server was asked about nothing is not proven, and why is told`(
        _ reason: ObjectCheck.Unchecked, _ words: String
    ) {
        guard case .checked(let missing) = Self.tally([.unchecked(reason, "x"), .unchecked(reason, "y")]).level(of: 2)
        else {
            Issue.record("it is called proven")
            return
        }
        #expect(missing.contains("none of the objects") && missing.contains(words), "\(missing)")
    }

    @Test func `Nor is one that lies where its namespace may not write`() {
        guard case .checked(let missing) = Self.tally([], outOfReach: 3).level(of: 3) else {
            Issue.record("it is called proven")
            return
        }
        #expect(missing.contains("--cross-namespace-from"))
    }
}
