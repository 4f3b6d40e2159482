#!/usr/bin/env python3
"""Builds the dashboards of monitoring/grafana/dashboards from the YAML of monitoring/grafana/source, in Grafana's own types.

Usage: build/venv/bin/python tools/build_dashboards.py [--check]

A dashboard has title, uid, about, rows (title, panels) and perhaps from, the start of its time range. A panel has title, queries (legend to
PromQL), and perhaps kind (timeseries, stat, heatmap), unit, width of 24, about, stack, max, decimals, red_above or red_below. --check writes
nothing and ends with 1 when a committed dashboard is not what its source gives.
"""

import json
import pathlib
import string
import sys

import yaml
from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models

GRAFANA = pathlib.Path(__file__).resolve().parent.parent / "monitoring/grafana"
SOURCE_OF_DATA = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
KINDS = {"timeseries": timeseries.Panel, "stat": stat.Panel, "heatmap": heatmap.Panel}
PANEL_KEYS = {"title", "queries", "kind", "unit", "width", "about", "stack", "max", "decimals", "red_above", "red_below"}
HEIGHTS = {"stat": 4, "timeseries": 8, "heatmap": 8}


def thresholds(source):
    if "red_above" in source:
        steps = [(None, "green"), (source["red_above"], "red")]
    elif "red_below" in source:
        steps = [(None, "red"), (source["red_below"], "green")]
    else:
        return None
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(
        [models.Threshold(value=value, color=color) for value, color in steps])


def target(letter, legend, expression, kind):
    query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(letter)
    if kind == "heatmap":
        query.format(prometheus.prometheus.PromQueryFormat.HEATMAP)
    return query.instant() if kind == "stat" else query.range()


def shape(panel, source, kind):
    """What only one kind of panel has."""
    if kind == "timeseries":
        panel.fill_opacity(10).show_points(shapes.VisibilityMode.NEVER)
        panel.legend(common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.LIST)
                     .placement(shapes.LegendPlacement.BOTTOM).show_legend(True))
        if source.get("stack"):
            panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL))
        elif thresholds(source):
            panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(
                shapes.GraphTresholdsStyleMode.DASHED))
    if kind == "heatmap":
        panel.calculate(False).show_tooltip().y_axis(
            heatmap.YAxisConfig().unit(source.get("unit", "short")))
    if kind == "stat":
        panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        if thresholds(source):
            panel.color_mode(shapes.BigValueColorMode.BACKGROUND)


def build_panel(source, number):
    if unknown := set(source) - PANEL_KEYS:
        raise ValueError(f"panel '{source['title']}': unknown {sorted(unknown)}")
    kind = source.get("kind", "timeseries")
    panel = KINDS[kind]().id(number).title(source["title"]).datasource(SOURCE_OF_DATA)
    panel.span(source.get("width", 8)).height(HEIGHTS[kind])
    if "about" in source:
        panel.description(source["about"])
    for letter, (legend, expression) in zip(string.ascii_uppercase, source["queries"].items()):
        panel.with_target(target(letter, legend, expression, kind))
    if kind != "heatmap":
        panel.unit(source.get("unit", "short"))
        if "decimals" in source:
            panel.decimals(source["decimals"])
        if "red_below" not in source:
            panel.min(0)
        if "max" in source:
            panel.max(source["max"])
        if colors := thresholds(source):
            panel.thresholds(colors)
    shape(panel, source, kind)
    return panel


def build(source):
    board = dashboard.Dashboard(source["title"]).uid(source["uid"]).description(source["about"])
    board.tags(["geo-climate"]).timezone("browser").refresh("30s").time(source.get("from", "now-3h"), "now")
    board.tooltip(models.DashboardCursorSync.CROSSHAIR).readonly()
    board.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    board.with_variable(
        dashboard.QueryVariable("instance").label("Server").datasource(SOURCE_OF_DATA)
        .query('label_values(up{job="geo-climate-api"}, instance)').multi(True).include_all(True).all_value(".+")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED))
    board.annotation(
        dashboard.AnnotationQuery().name("Alerts").enable(True).icon_color("red").datasource(SOURCE_OF_DATA)
        .expr('ALERTS{job="geo-climate-api", alertstate="firing"}'))
    board.link(dashboard.DashboardLink("geo-climate").type(models.DashboardLinkType.DASHBOARDS)
               .tags(["geo-climate"]).keep_time(True).as_dropdown(True))
    number = 0
    for row in source["rows"]:
        number += 1
        board.with_row(dashboard.Row(row["title"]).id(number))
        for panel in row["panels"]:
            number += 1
            board.with_panel(build_panel(panel, number))
    return json.dumps(board.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def main(arguments):
    wrong = 0
    for file in sorted((GRAFANA / "source").glob("*.yml")):
        text = build(yaml.safe_load(file.read_text()))
        built = GRAFANA / "dashboards" / f"{file.stem}.json"
        if arguments == ["--check"]:
            if not built.exists() or built.read_text() != text:
                print(f"{built}: not what {file} gives; run tools/build_dashboards.py", file=sys.stderr)
                wrong = 1
        else:
            built.write_text(text)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
