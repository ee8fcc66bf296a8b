// eta, templates: small and compiled.
import { Eta } from 'eta/core';

export async function lambda() {
  const eta = new Eta();
  eta.loadTemplate('@part', '(<%= it.n %>)');
  return {
    'renders': [eta.renderString('<% it.list.forEach((n) => { %><%= n %>,<% }) %>', { list: [1, '<'] }), '1,&lt;,'],
    'includes': [eta.renderString("<%~ include('@part', { n: 5 }) %>", {}), '(5)'],
    'awaits': [await eta.renderStringAsync('<%= await it.n %>', { n: Promise.resolve(7) }), '7'],
  };
}
