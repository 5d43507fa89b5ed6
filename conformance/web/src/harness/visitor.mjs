// Somebody with a browser before the pages of one server. Whatever goes wrong behind a page's back (an error in the
// console, a request that fails, a policy that is violated, a dialog that a payload opened) fails the test at the end.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** No page needs this long; it turns a page on which nothing happens into a failure with a name. */
const PATIENCE = 15_000;

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** One browser for all visitors of a test file. */
export async function browse() {
  const executablePath = process.env.ABIDE_BROWSER ?? BROWSERS.find((path) => existsSync(path));
  assert(executablePath, 'no Chromium here: on Debian it is in the package chromium, elsewhere set ABIDE_BROWSER');
  // Its sandbox wants a user other than root, which containers do not have.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath, args });
}

export class Visitor {
  #forgiven = [];
  problems = [];
  /** Where else the browser may ask. */
  known = new Set();
  /** The path of each request that the browser has made. */
  requests = [];

  /** @param options those of a browser context, `colorScheme` and `javaScriptEnabled` among them. */
  static async enter(browser, origin, options = {}) {
    const visitor = new Visitor();
    const context = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    visitor.context = context;
    visitor.origin = origin;
    visitor.scripted = options.javaScriptEnabled ?? true;
    visitor.page = await visitor.#open();
    return visitor;
  }

  async #open() {
    const page = await this.context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#note(`console: ${message.text()}`, page);
    });
    page.on('pageerror', (error) => this.#note(`error: ${error.stack ?? error}`, page));
    page.on('dialog', (dialog) => {
      this.#note(`dialog: ${dialog.message()}`, page);
      dialog.dismiss();
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      // A stream ends when its page is left.
      if (reason !== 'net::ERR_ABORTED') this.#note(`request: ${request.url()}: ${reason}`, page);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.#note(`response: ${response.url()}: ${response.status()}`, page);
    });
    page.on('request', (request) => {
      const { origin, pathname, protocol } = new URL(request.url());
      this.requests.push(pathname);
      if (protocol.startsWith('http') && origin !== this.origin && !this.known.has(origin))
        this.#note(`stranger: ${request.url()}`, page);
    });
    await page.exposeBinding('abideViolation', (_source, text) => this.#note(`policy: ${text}`, page));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (violation) =>
        globalThis.abideViolation(`${violation.violatedDirective}: ${violation.blockedURI} ${violation.sample}`)
      );
    });
    return page;
  }

  #note(text, page) {
    if (!this.#forgiven.some((pattern) => pattern.test(text))) this.problems.push(`${text} (on ${page.url()})`);
  }

  /** From now on problems whose text matches are expected. */
  forgive(...patterns) {
    this.#forgiven.push(...patterns);
  }

  /** Opens a page and insists that it is one of ours. */
  async open(path, { status = 200 } = {}) {
    const response = await this.page.goto(this.origin + path, { waitUntil: 'load' });
    if (response.status() !== status) {
      const text = await this.page.locator('main').innerText();
      assert.fail(`${path}: ${response.status()}: ${text.slice(0, 300).replaceAll('\n', ' ')}`);
    }
    return response;
  }

  /** Waits until the page's stream stands: from then on what changes is told. */
  async live() {
    await this.page.locator('body[data-ready=live]').waitFor();
  }

  /** Does something that changes what is shown, and returns after how many milliseconds the page said `text`. */
  async delay(text, action) {
    const seen = this.page.evaluate(
      ([text, patience]) =>
        new Promise((resolve, reject) => {
          // Frame by frame: what was put into the page is seen when it is painted, and not before.
          const look = () => {
            if (!document.querySelector('main').innerText.includes(text)) return requestAnimationFrame(look);
            resolve(performance.timeOrigin + performance.now());
          };
          look();
          setTimeout(() => reject(new Error(`the page never says ${text}`)), patience);
        }),
      [text, PATIENCE]
    );
    const begun = performance.timeOrigin + performance.now();
    await action();
    return Math.round((await seen) - begun);
  }

  /** Waits until the page says something; without scripts somebody has to load it again for that. */
  async says(text) {
    const found = this.page.locator('main').getByText(text).first();
    if (this.scripted) return await found.waitFor();
    while (!(await found.isVisible())) await this.page.reload();
  }

  /** Does something, and waits until any live part of the page has changed. */
  async changes(action) {
    const hashes = () => [...document.querySelectorAll('[data-live]')].map(({ dataset }) => dataset.live).join();
    const before = await this.page.evaluate(hashes);
    await action();
    await this.page.waitForFunction(
      (before) => [...document.querySelectorAll('[data-live]')].map(({ dataset }) => dataset.live).join() !== before,
      before
    );
  }

  /** Opens the dialog behind a link, or the page that it is without scripts, and returns what has its form. */
  async form(name, within = this.page.locator('main')) {
    const before = this.page.url();
    await within.getByRole('link', { name, exact: true }).click();
    if (this.scripted) return this.page.locator('dialog[open]');
    await this.page.waitForURL((url) => url.href !== before);
    return this.page.locator('main');
  }

  /** Fills in a form, presses its button, and waits until the next page says that it was done. */
  async act(form, fields, button, said) {
    await this.fill(form, fields);
    await form.getByRole('button', { name: button, exact: true }).click();
    await this.page.locator('.said').getByText(said).waitFor();
  }

  /** Fields by label: texts are typed, `true` ticks a box, an array chooses the option with that label. */
  async fill(form, fields) {
    for (const [label, value] of Object.entries(fields)) {
      const field = form.getByLabel(label, { exact: true });
      // The text of a label around a choice has all that can be chosen.
      const choice = form.locator('label').filter({ hasText: label }).locator('select');
      if (value === true) await field.check();
      else if (Array.isArray(value)) await choice.selectOption(value.map((label) => ({ label })));
      else await field.fill(value);
    }
  }

  /** The violations of axe's rules that people with a screen reader or a keyboard stumble over, as text. */
  async axe() {
    await this.page.evaluate(axeSource);
    // Preloading copies the style of an element with an inside of its own into the page, which the policy forbids.
    const options = { resultTypes: ['violations'], preload: false };
    const { violations } = await this.page.evaluate((options) => globalThis.axe.run(document, options), options);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.slice(0, 4).map(place).join('\n    ')}`);
  }

  async accessible(where = this.page.url()) {
    const violations = await this.axe();
    assert(violations.length === 0, `axe on ${where}: ${violations.join('\n  ')}`);
  }

  /** A picture, when somebody wants pictures: ABIDE_SCREENSHOTS is a folder. It must put no style into the page. */
  async shot(name, options = {}) {
    const folder = process.env.ABIDE_SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), caret: 'initial', ...options });
  }

  /** Ends the visit; everything that went wrong meanwhile is told now. */
  async leave() {
    await this.context.close();
    assert(this.problems.length === 0, this.problems.join('\n'));
  }
}

const place = ({ html, target, failureSummary }) =>
  `${target.join(' ')}: ${html.slice(0, 160)} ${(failureSummary ?? '').split('\n')[1] ?? ''}`;
