// What are pages made of? `import { Button, Table } from '$/ui'`.

import type { Component } from 'svelte';

import type { Action } from '$/auth/permissions';

export { attempt } from './attempt';
export { default as Bar } from './Bar.svelte';
export { default as Button } from './Button.svelte';
export { default as Chip } from './Chip.svelte';
export { default as Code } from './Code.svelte';
export { confirm } from './confirm.svelte';
export { default as Copy } from './Copy.svelte';
export { default as Dialog } from './Dialog.svelte';
export { default as Empty } from './Empty.svelte';
export { default as Failure } from './Failure.svelte';
export { default as Field } from './Field.svelte';
export { default as Loaded } from './Loaded.svelte';
export { default as Loading } from './Loading.svelte';
export { default as Menu } from './Menu.svelte';
export { default as Panel } from './Panel.svelte';
export { default as Table } from './Table.svelte';
export { default as Tabs } from './Tabs.svelte';
export { default as Time } from './Time.svelte';
export { rove } from './rove';
export { tip } from './tip';
export { toasts } from './toast.svelte';

/** What a colour means, everywhere. */
export type Tone = 'live' | 'building' | 'changed' | 'failed' | 'draft' | 'info';

/** A column of a table. */
export interface Column {
  label: string;
  width?: string;
  /** Numbers stand at the end of their column; its cells need the class `end` too. */
  end?: boolean;
  /** Only where there is room; its cells need the class `wide` too. */
  wide?: boolean;
  /** Its label is for screen readers only. */
  quiet?: boolean;
}

/** A tab: a path below `/console`. */
export interface TabLink {
  label: string;
  path: string;
  count?: number;
}

/** An entry of a menu. */
export interface MenuItem {
  label: string;
  icon?: Component<{ size?: number }>;
  run: () => unknown;
  needs?: Action;
  /** Why it cannot be done now. */
  blocked?: string | undefined;
  /** Stands apart, in red. */
  danger?: boolean;
  keys?: string;
  /** One of several, and whether it is the one. */
  checked?: boolean;
}
