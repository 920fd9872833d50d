import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AdjustableClock, systemClock } from '@alongside/kernel/clock';
import type { Browser, Page } from 'playwright-core';
import type { Person } from '../../src/cis/protocol.ts';
import type { Role } from '../../src/console/model/administrators/roles.ts';
import { signedInAdministrator } from '../../src/console/testing/administrators.ts';
import type { Database } from '../../src/storage/database.ts';
import { openDatabase } from '../../src/storage/dialects.ts';
import { isAccessible } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { type ProductionInstance, startProduction } from '../testing/production.ts';

const roleAt = (orgCode: string, orgName: string, job = 'R8000') => ({
  roleCode: `S8000:G8000:${job}`,
  roleName: '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
  orgCode,
  orgName,
});

describe('the pages of an approval', () => {
  let instance: ProductionInstance;
  let database: Database;
  let browser: Browser;
  let uid: string;
  before(async () => {
    [instance, browser] = await Promise.all([startProduction(), launchBrowser()]);
    database = await openDatabase('', instance.folder);
    const add = (familyName: string, ...roles: object[]) =>
      instance.api<Person>('POST', '/people', { givenName: 'Kit', familyName, roles });
    await add('Officer', roleAt('A9A5A', 'Alder', 'R5080'));
    ({ uid } = await add('Both', roleAt('A9A5A', 'Alder'), roleAt('Y51', 'Elsewhere')));
  });
  after(async () => {
    await browser?.close();
    await database?.close();
    await instance?.stop();
  });

  async function open(role: Role, path: string): Promise<Page> {
    const origin = instance.urls.console;
    const { cookie } = await signedInAdministrator(
      { database, clock: new AdjustableClock(systemClock), origin },
      { name: `Has ${role}`, role, organisations: role === 'administrator' ? [] : ['A9A5A'] },
    );
    const context = await browser.newContext();
    const [name = '', value = ''] = cookie.split('=');
    await context.addCookies([{ name, value, url: origin }]);
    const page = await context.newPage();
    await page.goto(origin + path);
    return page;
  }

  test('lead a limited administrator from a refused link, by the approval of another, to the link', async () => {
    const requester = await open('registration-authority', `/people/${uid}`);
    await requester.getByText('an unlimited administrator must approve what concerns').waitFor();
    await requester.getByRole('button', { name: 'Make a link' }).click();
    await requester.getByRole('alert').filter({ hasText: 'The request waits' }).waitFor();
    await requester.getByRole('table', { name: 'Requests' }).getByText('waiting').waitFor();
    await isAccessible(requester);

    const approver = await open('administrator', '/');
    await approver.getByRole('link', { name: /Approvals 1 waiting/ }).click();
    await approver.getByText('make a link to set up an authenticator', { exact: true }).waitFor();
    await isAccessible(approver);
    await approver.getByRole('button', { name: /^Approve/ }).click();
    await approver.getByRole('table', { name: 'Requests' }).getByText('approved').waitFor();

    const carryOut = requester.getByRole('button', { name: /^Carry it out/ });
    await carryOut.click();
    const link = await requester.locator('#shown-once code').textContent();
    assert.ok(link?.startsWith(`${new URL(instance.urls.cis2Issuer).origin}/`), String(link));
    await carryOut.waitFor({ state: 'detached' });
    await isAccessible(requester);
  });
});
