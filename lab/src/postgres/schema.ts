import type pg from "pg";

import { DATABASE } from "../contract/constants.ts";
import { ROLES, type Role } from "../contract/window.ts";

/** Row `1` of `accounts` is the hot row every write updates. */
const SCHEMA = `
create table accounts (id int primary key, balance bigint not null default 0) with (fillfactor = 50);
insert into accounts (id) select generate_series(1, 100);
create table ledger (entry_id bigserial primary key, op_id text not null);
create index on ledger (op_id);
create table invoices (id bigserial primary key, issued_at timestamptz not null default now());
create table storage (read_ms float8 not null, write_ms float8 not null);
insert into storage values (${DATABASE.storageMs}, ${DATABASE.storageMs});
create table integrity (duplicate_row_count bigint not null);
insert into integrity values (0);

-- The audit: counts a row whose operation had been applied before, no matter who inserted it.
create function lab_audit() returns trigger language plpgsql security definer as $$
begin
  if exists (select 1 from ledger where op_id = new.op_id and entry_id <> new.entry_id) then
    update integrity set duplicate_row_count = duplicate_row_count + 1;
  end if;
  return null;
end $$;
create trigger lab_audit after insert on ledger for each row execute function lab_audit();

create function lab_read(account int) returns bigint language plpgsql as $$
declare pause float8;
begin
  select read_ms into pause from storage;
  if pause > 0 then perform pg_sleep(pause / 1000); end if;
  return (select balance from accounts where id = account);
end $$;

-- Idempotent by operation id; slow storage is waited for while the hot row is held, as a slow commit would be.
create function lab_write(op text) returns void language plpgsql as $$
declare pause float8;
begin
  update accounts set balance = balance + 1 where id = 1;
  select write_ms into pause from storage;
  if pause > 0 then perform pg_sleep(pause / 1000); end if;
  insert into ledger (op_id) select op where not exists (select 1 from ledger where op_id = op);
end $$;

-- What the defective version does: applies without asking whether it had been applied.
create function lab_write_again(op text) returns void language sql as $$ insert into ledger (op_id) values (op) $$;
create function lab_reapply() returns void language sql as $$
  insert into ledger (op_id) select op_id from ledger order by entry_id desc limit 1
$$;

revoke all on schema public from public;
grant usage on schema public to app, billing, "nightly-report";
grant select, insert, update on accounts, ledger to app;
grant select on storage to app;
grant usage on sequence ledger_entry_id_seq to app;
grant insert on invoices to billing;
grant usage on sequence invoices_id_seq to billing;
grant select, update on accounts to "nightly-report";
`;

/** Creates the roles, each with its own password. `admin` is connected to any database; passwords are hexadecimal. */
export async function createRoles(admin: pg.Client, passwords: Readonly<Record<Role, string>>): Promise<void> {
  for (const role of ROLES) await admin.query(`create role "${role}" login password '${passwords[role]}'`);
  await admin.query("create database lab");
}

/** Creates tables, functions and grants in the database `lab`. */
export async function createSchema(admin: pg.Client): Promise<void> {
  await admin.query(SCHEMA);
}
