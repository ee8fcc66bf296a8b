// javascript-state-machine, states: a finite state machine.
const StateMachine = require('javascript-state-machine');

exports.lambda = async () => {
  const seen = [];
  const matter = new StateMachine({
    init: 'solid',
    transitions: [{ name: 'melt', from: 'solid', to: 'liquid' }, { name: 'freeze', from: 'liquid', to: 'solid' }, { name: 'vaporize', from: 'liquid', to: 'gas' }],
    methods: { onMelt: () => seen.push('melted'), onEnterGas: async () => { await null; seen.push('gas'); } },
  });
  matter.melt();
  await matter.vaporize();
  let refused;
  try {
    matter.freeze();
  } catch (error) {
    refused = error.message;
  }
  return {
    'transitions': [[matter.state, seen], ['gas', ['melted', 'gas']]],
    'what is not allowed': [[matter.can('freeze'), refused], [false, 'transition is invalid in current state']],
  };
};
