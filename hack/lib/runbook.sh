# Sourced by the demo and the benchmark: the database of the runbook.
# shellcheck shell=bash

# Fills the database with the runbook's three tables. The argument is the number of audit log rows; the other tables are
# proportional. The rows look like rows: words, times, JSON, numbers, some of them repeated and some not, so that they
# compress as a service's data does.
fill_database() {
  local rows=$1
  psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" <<'SQL'
create extension if not exists pgcrypto;
create type environment as enum ('Development', 'QA', 'Staging', 'Production');
create table deployments (
  id uuid primary key default gen_random_uuid(),
  module_name text not null,
  module_version text not null,
  target_environment environment not null,
  status text not null check (status in ('Pending', 'Running', 'Succeeded', 'Failed', 'RolledBack')),
  manifest jsonb not null,
  created_at timestamptz not null,
  finished_at timestamptz
);
create table approval_requests (
  id bigint generated always as identity primary key,
  deployment_id uuid not null references deployments,
  approver text,
  decision text,
  comment text,
  decided_at timestamptz
);
create table audit_logs (
  id bigserial primary key,
  occurred_at timestamptz not null,
  actor text not null,
  action text not null,
  resource text not null,
  source_address inet not null,
  trace_id uuid not null,
  detail jsonb not null
);
select setseed(0.42);
insert into deployments (id, module_name, module_version, target_environment, status, manifest, created_at, finished_at)
select gen_random_uuid(),
  (array['billing', 'catalog', 'checkout', 'identity', 'search', 'shipping'])[1 + n % 6],
  format('%s.%s.%s', n % 5, n % 17, n % 101),
  (array['Development', 'QA', 'Staging', 'Production'])[1 + n % 4]::environment,
  (array['Pending', 'Running', 'Succeeded', 'Failed', 'RolledBack'])[1 + (random() * 4)::int],
  jsonb_build_object('replicas', n % 9, 'image', 'registry.example.com/module:' || n, 'checksum', md5(n::text),
    'strategy', (array['Canary', 'BlueGreen', 'Rolling'])[1 + n % 3]),
  timestamptz '2026-01-01' + n * interval '41 seconds',
  case when random() < 0.9 then timestamptz '2026-01-01' + n * interval '41 seconds' + random() * interval '20 minutes' end
from generate_series(1, :rows / 20 + 10) n;
insert into approval_requests (deployment_id, approver, decision, comment, decided_at)
select id, case when random() < 0.8 then 'approver' || (random() * 40)::int || '@example.com' end,
  (array['Approved', 'Rejected', null])[1 + (random() * 2)::int],
  case when random() < 0.3 then E'Looks right to me.\nChecked by hand:\t' || md5(random()::text) end,
  created_at + random() * interval '2 hours'
from deployments where random() < 0.5;
insert into audit_logs (occurred_at, actor, action, resource, source_address, trace_id, detail)
select timestamptz '2026-01-01' + n * interval '2.1 seconds',
  'user' || (random() * 900)::int || '@example.com',
  (array['deployment.create', 'deployment.approve', 'deployment.rollback', 'login', 'token.issue', 'metrics.read'])[1 + (random() * 5)::int],
  '/api/v1/deployments/' || (random() * 100000)::int,
  ('10.' || (random() * 255)::int || '.' || (random() * 255)::int || '.' || (1 + random() * 253)::int)::inet,
  gen_random_uuid(),
  jsonb_build_object('userAgent', (array['kubectl/1.32', 'Mozilla/5.0 (X11; Linux x86_64)', 'hotswap-cli/2.4.1'])[1 + n % 3],
    'status', (array[200, 201, 202, 400, 403, 500])[1 + (random() * 5)::int], 'durationMs', (random() * 3000)::int,
    'signature', encode(digest(n::text, 'sha256'), 'hex'))
from generate_series(1, :rows) n;
create index on audit_logs (occurred_at);
create index on audit_logs (actor, action);
create index on deployments (module_name, target_environment);
create view failed_deployments as select * from deployments where status = 'Failed';
analyze;
SQL
}

# One line a table: name, rows, and a digest of all rows in any order. Independent of dr: plain SQL.
describe_database() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 <<'SQL'
select format('%s %s %s', t, n, d) from (
  select 'approval_requests' t, count(*) n, sum(('x' || left(md5(r::text), 15))::bit(60)::bigint) d from approval_requests r
  union all select 'audit_logs', count(*), sum(('x' || left(md5(r::text), 15))::bit(60)::bigint) from audit_logs r
  union all select 'deployments', count(*), sum(('x' || left(md5(r::text), 15))::bit(60)::bigint) from deployments r
) x order by 1;
SQL
}
