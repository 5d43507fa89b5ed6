// What administrators do: namespaces and search attributes, once with scripts and once without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { World } from './harness/world.mjs';

let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.open({ worker: false }), browse()]);
});

after(async () => {
  await browser?.close();
  await world?.close();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without scripts';
  const namespace = `space-${javaScriptEnabled ? 1 : 2}`;

  test(`a namespace is created, changed and deleted, ${how}`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    await visitor.open('/namespaces');
    const created = { Name: namespace, Description: 'for "tests"', Retention: '3d' };
    await visitor.act(await visitor.form('Create a namespace'), created, 'Create', `${namespace} was created`);
    await visitor.page.locator('main').getByText('for "tests"').waitFor();
    const changed = { Description: 'changed', "Owner's email address": 'owner@example.org', Retention: '5d' };
    await visitor.act(await visitor.form('Edit'), changed, 'Save', `${namespace} was changed`);
    const described = await world.client.workflowService.describeNamespace({ namespace });
    assert.equal(described.namespaceInfo.description, 'changed');
    assert.equal(described.namespaceInfo.ownerEmail, 'owner@example.org');
    assert.equal(Number(described.config.workflowExecutionRetentionTtl.seconds), 5 * 86_400);
    visitor.forgive(/400/);
    const form = await visitor.form('Delete');
    await visitor.fill(form, { "Type the namespace's name to confirm": 'another' });
    await form.getByRole('button', { name: 'Delete the namespace' }).click();
    await visitor.page.getByText('this is not the name').waitFor();
    if (javaScriptEnabled) assert(await form.getByText('This cannot be undone').isVisible());
    else await visitor.page.goBack();
    const confirmed = { "Type the namespace's name to confirm": namespace };
    await visitor.act(form, confirmed, 'Delete the namespace', `${namespace} is being deleted`);
    await assert.rejects(world.client.workflowService.describeNamespace({ namespace }), /not found/);
    await visitor.leave();
  });

  test(`a search attribute is added and removed, ${how}`, async () => {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    await visitor.open('/namespaces/default/search-attributes');
    const name = `Customer${javaScriptEnabled ? 1 : 2}`;
    const added = { Name: name, Type: ['KeywordList'] };
    await visitor.act(await visitor.form('Add a search attribute'), added, 'Add', `${name} was added`);
    const listed = async () => await world.connection.operatorService.listSearchAttributes({ namespace: 'default' });
    assert((await listed()).customAttributes[name]);
    await visitor.act(await visitor.form(`Remove ${name}`), {}, 'Remove', `${name} was removed`);
    assert(!(await listed()).customAttributes[name]);
    await visitor.leave();
  });
}

test('what somebody wants pages to look like is kept', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled, colorScheme: 'light' });
    await visitor.open('/namespaces/default/search-attributes');
    const ground = () => visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = javaScriptEnabled && (await ground());
    await visitor.page.getByText('Settings', { exact: true }).click();
    await visitor.page.getByLabel('Colours').selectOption('dark');
    await visitor.page.getByRole('button', { name: 'Save' }).click();
    await visitor.page.locator('html[data-theme=dark]').waitFor();
    if (javaScriptEnabled) assert.notEqual(await ground(), light);
    assert(visitor.page.url().endsWith('/search-attributes'), visitor.page.url());
    await visitor.leave();
  }
});

test('a form of another site changes nothing', async () => {
  const body = new URLSearchParams({ name: 'forged-1', retention: '3d' });
  const answer = await fetch(`${world.origin}/namespaces/actions/create`, { method: 'POST', body });
  assert.equal(answer.status, 403);
  const mine = await fetch(`${world.origin}/namespaces`);
  const cookie = mine.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
  const headers = { cookie, origin: 'http://elsewhere.example' };
  const again = await fetch(`${world.origin}/namespaces/actions/create`, { method: 'POST', body, headers });
  assert.equal(again.status, 403);
  await assert.rejects(world.client.workflowService.describeNamespace({ namespace: 'forged-1' }), /not found/);
});
