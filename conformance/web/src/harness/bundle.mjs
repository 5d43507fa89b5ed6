// Bundles the workflows once, for all test files: `node bundle.mjs` writes build/workflows.js.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { silent } from './silent.mjs';

const workflowsPath = fileURLToPath(new URL('../workflows.mjs', import.meta.url));
const { code } = await bundleWorkflowCode({ workflowsPath, logger: silent });
const folder = new URL('../../build/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('workflows.js', folder), code);
