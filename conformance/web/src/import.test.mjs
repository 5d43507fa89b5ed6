// A history from a file is looked at as that of a run is, without anything on the server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browse, Visitor } from './harness/visitor.mjs';
import { World } from './harness/world.mjs';

const EVIL = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

let world, browser, history, folder;

before(async () => {
  [world, browser] = await Promise.all([World.open(), browse()]);
  folder = mkdtempSync(join(tmpdir(), 'abide-web-'));
  const run = await world.start('ships', 'imported-1', [EVIL]);
  await run.result();
  const answer = await fetch(
    `${world.origin}/api/v1/namespaces/default/workflows/imported-1/run/${run.firstExecutionRunId}/history.json`
  );
  history = await answer.text();
});

after(async () => {
  await browser?.close();
  await world?.close();
  if (folder) rmSync(folder, { recursive: true });
});

for (const javaScriptEnabled of [true, false]) {
  test(`a file, and what is pasted, is shown, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    const file = join(folder, 'history.json');
    writeFileSync(file, history);
    const visitor = await Visitor.enter(browser, world.origin, { javaScriptEnabled });
    for (const fill of [
      async () => await visitor.page.getByLabel('File').setInputFiles(file),
      async () => await visitor.page.getByLabel('Or the JSON itself').fill(history),
    ]) {
      await visitor.open('/namespaces/default/import');
      await fill();
      await visitor.page.getByRole('button', { name: 'Show the history' }).click();
      await visitor.page.locator('main').getByText('ActivityTaskScheduled').locator('visible=true').first().waitFor();
      await visitor.page.locator('main pre').getByText('<img src=x onerror').first().waitFor({ state: 'attached' });
    }
    await visitor.leave();
  });
}

test('what is no history is refused', async () => {
  const visitor = await Visitor.enter(browser, world.origin);
  visitor.forgive(/400/);
  await visitor.open('/namespaces/default/import');
  await visitor.page.getByLabel('Or the JSON itself').fill('{"events": 1}');
  await visitor.page.getByRole('button', { name: 'Show the history' }).click();
  await visitor.page.getByRole('alert').waitFor();
  await visitor.leave();
});
