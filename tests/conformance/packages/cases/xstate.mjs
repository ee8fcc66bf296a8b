// xstate, states: statecharts and actors.
import { assign, createActor, createMachine, fromPromise, toPromise } from 'xstate';

const order = createMachine({
  id: 'order',
  initial: 'open',
  context: { items: 0 },
  states: {
    open: { on: { ADD: { actions: assign({ items: ({ context }) => context.items + 1 }) }, PAY: { target: 'paying', guard: ({ context }) => context.items > 0 } } },
    paying: { invoke: { src: fromPromise(async () => 'receipt'), onDone: { target: 'done', actions: assign({ receipt: ({ event }) => event.output }) } } },
    done: { type: 'final' },
  },
  output: ({ context }) => context,
});

export async function lambda() {
  const actor = createActor(order).start();
  actor.send({ type: 'PAY' });
  const guarded = actor.getSnapshot().value;
  actor.send({ type: 'ADD' });
  actor.send({ type: 'PAY' });
  return {
    'guards': [guarded, 'open'],
    'invokes promises': [await toPromise(actor), { items: 1, receipt: 'receipt' }],
    'ends': [actor.getSnapshot().status, 'done'],
  };
}
