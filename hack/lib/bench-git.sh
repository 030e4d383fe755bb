# Sourced by hack/bench: the backup of a git repository, beside the runbook's mirror clone.
# shellcheck shell=bash disable=SC2154
say "git: filling a repository"
start_systems git
repository=$work/services/git/bench.git
git init -q --bare --initial-branch=main "$repository"
git_change=0
# Commits, each with a new file of a few kilobytes that do not compress well.
git_commits() { # COUNT
  python3 - "$git_change" "$1" <<'PY' | git --git-dir "$repository" fast-import --quiet --force
import base64, os, sys
first, count = int(sys.argv[1]), int(sys.argv[2])
for change in range(first, first + count):
    print(f"commit refs/heads/main\ncommitter bench <bench@example.com> {1700000000 + change} +0000\ndata 6\nchange")
    if change == first and change > 0:
        print("from refs/heads/main^0")
    text = base64.b64encode(os.urandom(6144)).decode()
    print(f"M 100644 inline file-{change}\ndata {len(text)}\n{text}")
PY
  git_change=$((git_change + $1))
}
git_commits 3000
make_bench_secret git --from-literal=username="$GIT_SERVER_USER" --from-literal=password="$GIT_SERVER_PASSWORD"
make_bench_secret git-ca --from-file=ca.crt="$GIT_SERVER_CA"
dr_backs_up_git() { system_backs_up git "git: {url: \"$GIT_SERVER_URL/bench.git\", credentialsSecret: {name: git}, caSecret: {name: git-ca}}"; }
runbook_backs_up_git() {
  rm -rf "$work/mirror" "$work/git.tar.gz"
  # The password goes the way that git asks for it, not in the address.
  GIT_SSL_CAINFO=$GIT_SERVER_CA GIT_TERMINAL_PROMPT=0 git -c "credential.helper=!f() { echo username=\$GIT_SERVER_USER; echo password=\$GIT_SERVER_PASSWORD; }; f" \
    clone -q --mirror "$GIT_SERVER_URL/bench.git" "$work/mirror"
  tar czf "$work/git.tar.gz" -C "$work" mirror
  s3 s3 cp "$work/git.tar.gz" "s3://$S3_BUCKET/git/hotswap.tar.gz"
}
git_changes() { git_commits 20; }
compare_backups git git_changes dr_backs_up_git runbook_backs_up_git git
