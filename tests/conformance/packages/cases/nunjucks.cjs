// nunjucks, templates: after Jinja, with inheritance and filters.
const nunjucks = require('nunjucks');

const templates = { 'base.html': '<{% block body %}{% endblock %}>', 'page.html': '{% extends "base.html" %}{% block body %}{{ name | upper }}{% endblock %}' };
const Loader = nunjucks.Loader.extend({
  getSource: (name) => ({ src: templates[name], path: name, noCache: true }),
});

exports.lambda = async () => {
  const environment = new nunjucks.Environment(new Loader(), { autoescape: true });
  return {
    'inherits': [environment.render('page.html', { name: 'ada' }), '<ADA>'],
    'loops and filters': [environment.renderString('{% for n in list | sort %}{{ loop.index }}:{{ n }} {% endfor %}', { list: [3, 1] }), '1:1 2:3 '],
    'escapes': [environment.renderString('{{ x }}', { x: '<' }), '&lt;'],
  };
};
