// Grafana's panels and dashboards, in the classic form that every Grafana since 9 reads.

const datasource = { type: 'prometheus', uid: '${DS_PROMETHEUS}' };

/** @typedef {{ readonly expr: string, readonly legend?: string, readonly exemplars?: boolean }} Target */
/** @typedef {{ readonly unit?: string, readonly mappings?: object[], readonly max?: number }} Look */
/** @typedef {{ readonly type: string, readonly title: string, readonly gridPos: { readonly w: number, readonly h: number } }} Panel */

/** @param {readonly Target[]} targets */
function targetsOf(targets) {
  return targets.map(({ expr, legend = '', exemplars = false }, at) => ({
    refId: String.fromCodePoint(65 + at),
    datasource,
    expr,
    legendFormat: legend,
    exemplar: exemplars,
    range: true,
  }));
}

/**
 * One number, as it is now.
 * @param {string} title
 * @param {string} expr
 * @param {Look & { readonly warnAt?: number }} [look]
 */
export function number(title, expr, { unit = 'short', warnAt } = {}) {
  const steps = [
    { color: 'green', value: null },
    ...(warnAt === undefined ? [] : [{ color: 'red', value: warnAt }]),
  ];
  return {
    type: 'stat',
    title,
    datasource,
    gridPos: { w: 4, h: 4 },
    fieldConfig: { defaults: { unit, noValue: '0', thresholds: { mode: 'absolute', steps } }, overrides: [] },
    options: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' },
    targets: targetsOf([{ expr }]),
  };
}

/**
 * Lines over time.
 * @param {string} title
 * @param {readonly Target[]} targets
 * @param {Look} [look]
 */
export function lines(title, targets, { unit = 'short', mappings = [], max } = {}) {
  const bounds = { min: 0, ...(max !== undefined && { max }) };
  return {
    type: 'timeseries',
    title,
    datasource,
    gridPos: { w: 12, h: 8 },
    fieldConfig: {
      defaults: { unit, mappings, ...bounds, custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: targetsOf(targets),
  };
}

/**
 * Bands that change their colour with a state.
 * @param {string} title
 * @param {Target} target
 * @param {object[]} mappings
 */
export function bands(title, target, mappings) {
  return {
    type: 'state-timeline',
    title,
    datasource,
    gridPos: { w: 12, h: 8 },
    fieldConfig: { defaults: { mappings, custom: { fillOpacity: 80 } }, overrides: [] },
    options: { mergeValues: true, showValue: 'never' },
    targets: targetsOf([target]),
  };
}

/**
 * @param {string} name
 * @param {string} metric
 * @param {string} label
 * @param {string} title
 */
function variable(name, metric, label, title) {
  return {
    name,
    label: title,
    type: 'query',
    datasource,
    query: { query: `label_values(${metric}, ${label})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

/**
 * A dashboard of panels, laid out from left to right.
 * @param {{ readonly uid: string, readonly title: string, readonly description: string, readonly links: object[] }} about
 * @param {readonly Panel[]} panels
 */
export function dashboard(about, panels) {
  return {
    ...about,
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    tags: ['plugboard'],
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    templating: {
      list: [
        { name: 'DS_PROMETHEUS', label: 'Data source', type: 'datasource', query: 'prometheus' },
        variable('job', 'plugin_info', 'job', 'Job'),
        variable('plugin', 'plugin_info{job=~"$job"}', 'plugin_name', 'Plugin'),
      ],
    },
    panels: laidOut(panels),
  };
}

/** @param {readonly Panel[]} panels */
function laidOut(panels) {
  let x = 0;
  let y = 0;
  let height = 0;
  return panels.map((panel, at) => {
    const { w, h } = panel.gridPos;
    if (x + w > 24) {
      x = 0;
      y += height;
      height = 0;
    }
    const gridPos = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { id: at + 1, ...panel, gridPos };
  });
}
