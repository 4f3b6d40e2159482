"""Plays AirNow, OpenAQ and AQS on a free loopback port, in the shapes that their documentation gives, with faults.

What a sensor measured in an hour is a function of the two, so that a test knows what has to be in the store.
"""

import datetime
import http.server
import json
import threading
import urllib.parse

KEY = "secret-key-of-the-test"
UTC = datetime.timezone.utc

SITES = [
    {"code": "060371103", "name": "Los Angeles-North Main Street", "latitude": 34.0664, "longitude": -118.2267},
    {"code": "360050110", "name": "IS 52", "latitude": 40.816, "longitude": -73.902},
]
# name, unit, what an hour has
PARAMETERS = [("OZONE", "PPB", 40), ("PM2.5", "UG/M3", 10), ("NO2", "PPB", 15)]
LOCATIONS, SENSORS_EACH = 5, 2


def hour_number(text):
    moment = datetime.datetime.strptime(text[:13], "%Y-%m-%dT%H").replace(tzinfo=UTC)
    return int(moment.timestamp()) // 3600


def value_of(base, hour, site):
    return base + (hour * 7 + site * 3) % 10


def hour_text(hour, form):
    return datetime.datetime.fromtimestamp(hour * 3600, UTC).strftime(form)


class Service:
    """One server; `faults` are done to the next requests in turn, each a function of the handler that says whether
    it has answered. `delay` holds every answer back."""

    def __init__(self):
        self.faults, self.requests, self.delay = [], [], 0
        self.generation = "2014"
        self.retired = set()
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)
        self.released = threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def forget(self):
        with self.lock:
            self.requests.clear()

    def wait_for_requests(self, count, patience):
        with self.lock:
            if not self.arrived.wait_for(lambda: len(self.requests) >= count, patience):
                raise AssertionError(f"only {len(self.requests)} requests came")

    def answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        with self.lock:
            self.requests.append((url.path, query))
            fault = self.faults.pop(0) if self.faults else None
            self.arrived.notify_all()
        try:
            if fault is not None and fault(handler):
                return
            if self.delay:
                self.released.wait(self.delay)
            if url.path in self.retired:
                return send(handler, 410, {"error": "This web service has been retired"})
            for prefix, play in (("/aq/data/", self.airnow_hours), ("/aq/observation/", self.airnow_reports),
                                 ("/v3/locations", self.openaq_locations), ("/v3/sensors/", self.openaq_hours),
                                 ("/dailyData/byBox", self.aqs_daily)):
                if url.path.startswith(prefix):
                    return play(handler, url.path, query)
            send(handler, 404, {"detail": "Not Found"})
        except (BrokenPipeError, ConnectionResetError):
            pass

    def airnow_hours(self, handler, _, query):
        if query.get("API_KEY") != KEY:
            return send(handler, 401, {"WebServiceError": [{"Message": "Invalid API key"}]})
        rows = []
        for hour in range(hour_number(query["startDate"]), hour_number(query["endDate"]) + 1):
            for number, site in enumerate(SITES):
                for name, unit, base in PARAMETERS:
                    raw = value_of(base, hour, number)
                    # The second site is silent for an hour of the day.
                    rows.append(self.airnow_row(site, hour, name, unit,
                                                -999.0 if number == 1 and hour % 24 == 3 else raw))
        send(handler, 200, rows)

    def airnow_row(self, site, hour, name, unit, raw):
        row = {"Latitude": site["latitude"], "Longitude": site["longitude"],
               "UTC": hour_text(hour, "%Y-%m-%dT%H:00"), "Parameter": name, "Unit": unit, "Value": 1.0,
               "RawConcentration": raw, "AQI": -1, "Category": 1, "SiteName": site["name"],
               "SiteAgency": "Agency", "FullAQSCode": site["code"], "IntlAQSCode": "840" + site["code"]}
        if self.generation == "2014":
            return row
        special = {"UTC": "utc", "AQI": "aqi", "FullAQSCode": "fullAQSCode", "IntlAQSCode": "intlAQSCode"}
        return {special.get(key, key[0].lower() + key[1:]): value for key, value in row.items()}

    def airnow_reports(self, handler, path, _):
        if path == "/aq/observation/current/ziplatlong/":
            return send(handler, 200, [
                {"dateObserved": "2026-11-28", "hourObserved": "17:00", "localTimeZone": "PST",
                 "reportingAreaName": "Central LA CO", "siteID": "840060371103", "siteName": "North Main",
                 "parameterName": "OZONE", "nowcastAQI": 44, "aqiCategoryName": "Good"}])
        send(handler, 200, [
            {"DateObserved": "2026-06-20 ", "HourObserved": 17, "LocalTimeZone": "PST",
             "ReportingArea": "Central LA CO", "StateCode": "CA", "Latitude": 34.07, "Longitude": -118.23,
             "ParameterName": "PM2.5", "AQI": -1, "Category": {"Number": 2, "Name": "Moderate"}}])

    def openaq_locations(self, handler, _, query):
        if handler.headers.get("X-API-Key") != KEY:
            return send(handler, 401, {"detail": "Unauthorized"})
        page, limit = int(query["page"]), int(query["limit"])
        found = [self.location(number) for number in range(1, LOCATIONS + 1)]
        found.append({"id": 900, "name": "Bus", "isMobile": True, "sensors": [], "coordinates": None})
        found.append({**self.location(800), "provider": {"name": "AirNow"}})
        send(handler, 200, {"meta": {"page": page, "limit": limit, "found": len(found)},
                            "results": found[(page - 1) * limit:page * limit]})

    @staticmethod
    def location(number):
        sensors = [{"id": number * 10, "parameter": {"id": 2, "name": "pm25", "units": "µg/m³"}},
                   {"id": number * 10 + 1, "parameter": {"id": 3, "name": "o3", "units": "µg/m³"}}]
        return {"id": number, "name": f"Location {number}", "provider": {"name": "EEA"},
                "country": {"name": "France"}, "isMobile": False, "isMonitor": True, "sensors": sensors,
                "coordinates": {"latitude": 48 + number / 10, "longitude": 2.3}, "datetimeLast": None}

    def openaq_hours(self, handler, path, query):
        sensor = int(path.split("/")[3])
        page, limit = int(query["page"]), int(query["limit"])
        hours = list(range(hour_number(query["datetime_from"]), hour_number(query["datetime_to"])))
        parameter = {"name": "o3", "units": "µg/m³"} if sensor % 10 else {"name": "pm25", "units": "µg/m³"}
        send(handler, 200, {"meta": {"page": page, "limit": limit, "found": ">1000"}, "results": [
            {"value": value_of(20, hour, sensor), "flagInfo": {"hasFlags": False}, "parameter": parameter,
             "period": {"label": "1hour", "datetimeFrom": {"utc": hour_text(hour, "%Y-%m-%dT%H:00:00Z")}},
             "coverage": {"percentComplete": 100.0}} for hour in hours[(page - 1) * limit:page * limit]]})

    def aqs_daily(self, handler, _, query):
        header = {"request_time": "2026-11-28T01:02:03-05:00", "url": "https://aqs.epa.gov"}
        if query.get("key") != KEY or query.get("email") != "a+b@example.org":
            return send(handler, 200, {"Header": [{**header, "status": "Failed",
                                                   "error": ["The email or key is not valid"]}], "Data": []})
        if query["bdate"][:4] != query["edate"][:4]:
            return send(handler, 200, {"Header": [{**header, "status": "Failed",
                                                   "error": ["bdate and edate are not of one year"]}], "Data": []})
        if "88101" not in query["param"]:
            return send(handler, 200, {"Header": [{**header, "status": "No data matched your selection",
                                                   "rows": 0}], "Data": []})
        day = datetime.datetime.strptime(query["bdate"], "%Y%m%d")
        rows = []
        while day.strftime("%Y%m%d") <= query["edate"]:
            rows.append(
                {"state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101",
                 "poc": 3, "latitude": 34.06659, "longitude": -118.22688, "sample_duration": "24-HR BLK AVG",
                 "pollutant_standard": "PM25 24-hour 2013", "date_local": day.strftime("%Y-%m-%d"),
                 "units_of_measure": "Micrograms/cubic meter (LC)", "event_type": "No Events",
                 "observation_count": 1, "observation_percent": 100.0, "arithmetic_mean": 5 + day.day / 10,
                 "first_max_value": 9, "aqi": 30, "local_site_name": "Los Angeles-North Main Street",
                 "state": "California", "county": "Los Angeles", "cbsa": "Los Angeles-Long Beach-Anaheim, CA"})
            day += datetime.timedelta(days=1)
        send(handler, 200, {"Header": [{**header, "status": "Success", "rows": len(rows)}], "Data": rows})


def send(handler, status, body, fields=()):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    for name, value in fields:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(raw)


def status(code, *fields, body=b"{}"):
    def fault(handler):
        send(handler, code, body, fields)
        return True
    return fault


def truncated(handler):
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'[{"UTC":"2026')
    handler.close_connection = True
    return True


def cut_json(handler):
    """A whole HTTP answer whose JSON is not."""
    send(handler, 200, b'[{"UTC":"2026-11-28T05:00","Param')
    return True


def hang_up(handler):
    handler.close_connection = True
    handler.connection.close()
    return True


def slow(service, seconds):
    """Answers, but later than the program waits."""
    def fault(_):
        service.released.wait(seconds)
        return False
    return fault
