// What does the context menu of a lambda do?

import ArrowUpFromLine from '@lucide/svelte/icons/arrow-up-from-line';
import Code from '@lucide/svelte/icons/code';
import CopyPlus from '@lucide/svelte/icons/copy-plus';
import Download from '@lucide/svelte/icons/download';
import Play from '@lucide/svelte/icons/play';
import Trash from '@lucide/svelte/icons/trash-2';

import { problemFrom } from '$/api/problem';
import type { LambdaInfo } from '$/api/types';
import { deleteLambda, draftOf, exported, readWhole, undeployLambda } from '$/data/lambda';
import { lambdas } from '$/data/lambdas.svelte';
import { saveFile } from '$/lib/save';
import { router } from '$/router/router.svelte';
import { attempt, confirm, type MenuItem, toasts } from '$/ui';

/** The entries of the menu of a lambda. */
export function actions(lambda: LambdaInfo, duplicate: (name: string) => void): MenuItem[] {
  const path = `/lambdas/${encodeURIComponent(lambda.name)}`;
  const live = lambda.liveVersion != null;
  return [
    { label: 'Open', icon: Code, run: () => router.go(path) },
    {
      label: 'Deploy…',
      icon: ArrowUpFromLine,
      needs: 'DeployLambdas',
      run: () => router.go(`${path}/deploy`),
    },
    {
      label: 'Invoke',
      icon: Play,
      needs: 'Invoke',
      blocked: live ? undefined : 'Deploy it first: only what is live can be invoked.',
      run: () => router.go(`${path}/invoke`),
    },
    {
      label: 'Duplicate…',
      icon: CopyPlus,
      needs: 'ChangeLambdas',
      run: () => duplicate(lambda.name),
    },
    { label: 'Export', icon: Download, run: () => saveExport(lambda.name) },
    {
      label: 'Delete…',
      icon: Trash,
      needs: 'ChangeLambdas',
      danger: true,
      run: () => remove(lambda.name, live),
    },
  ];
}

/** Saves the lambda as a file. */
export async function saveExport(name: string): Promise<void> {
  await attempt(async () => {
    saveFile(`${name}.zip`, exported(await readWhole(name)), 'application/zip');
    toasts.done(
      `${name}.zip has the code and the settings, as the platform's command line has them.`,
    );
  }, `${name} could not be exported.`);
}

/** Deletes the lambda once that is confirmed; answers whether it is gone. What is live is taken down first. */
export async function remove(name: string, live: boolean): Promise<boolean> {
  if (!(await isSure(name, live))) return false;
  let gone = false;
  try {
    const kept = await readWhole(name);
    if (live) await undeployLambda(name);
    await deleteLambda(name);
    gone = true;
    toasts.done(`${name} is deleted.`, () => bringBack(kept.name, () => draftOf(kept, kept.name)));
  } catch (thrown) {
    const problem = problemFrom(thrown);
    // Somebody deployed it in the meantime.
    if (problem.status === 409 && !live) return remove(name, true);
    toasts.failed(`${name} could not be deleted. ${problem.message}`);
  }
  await lambdas.load();
  return gone;
}

function isSure(name: string, live: boolean): Promise<boolean> {
  const ends = live
    ? 'What is live is not deleted: it is undeployed first, and whoever invokes it gets an error from then on. '
    : '';
  return confirm({
    title: live ? `${name} is live. Undeploy and delete it?` : `Delete ${name}?`,
    body: `${ends}Its versions, its schedule and its deployments go with it. The code can be brought back as a draft right afterwards.`,
    action: live ? 'Undeploy and delete' : 'Delete',
    danger: true,
  });
}

async function bringBack(name: string, make: () => Promise<unknown>): Promise<void> {
  if (await attempt(make, `${name} could not be brought back.`)) {
    toasts.done(`${name} is back, as a draft.`);
  }
  await lambdas.load();
}
