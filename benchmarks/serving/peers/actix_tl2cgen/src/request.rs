//! The bodies of the two routes. Features are named; one that is absent or null is missing.

use serde::Deserialize;

use crate::trees::{Entry, FEATURES};

#[derive(Deserialize)]
pub struct Single {
    pub data: Row,
}

#[derive(Deserialize)]
pub struct Row {
    pm25_lag1: Option<f32>,
    pm25_lag2: Option<f32>,
    pm25_lag3: Option<f32>,
    pm25_lag7: Option<f32>,
    pm25_mean3: Option<f32>,
    pm25_mean7: Option<f32>,
    pm25_mean14: Option<f32>,
    pm25_mean30: Option<f32>,
    pm25_std7: Option<f32>,
    pm25_max7: Option<f32>,
    ozone_lag1: Option<f32>,
    ozone_mean7: Option<f32>,
    no2_lag1: Option<f32>,
    no2_mean7: Option<f32>,
    co_lag1: Option<f32>,
    pm10_lag1: Option<f32>,
    neighbour_mean: Option<f32>,
    neighbour_upwind: Option<f32>,
    neighbour_distance_km: Option<f32>,
    day_sin: Option<f32>,
    day_cos: Option<f32>,
    weekday: Option<f32>,
    site_mean: Option<f32>,
    days_since_value: Option<f32>,
}

impl Row {
    pub fn entries(&self) -> [Entry; FEATURES] {
        [
            self.pm25_lag1.into(),
            self.pm25_lag2.into(),
            self.pm25_lag3.into(),
            self.pm25_lag7.into(),
            self.pm25_mean3.into(),
            self.pm25_mean7.into(),
            self.pm25_mean14.into(),
            self.pm25_mean30.into(),
            self.pm25_std7.into(),
            self.pm25_max7.into(),
            self.ozone_lag1.into(),
            self.ozone_mean7.into(),
            self.no2_lag1.into(),
            self.no2_mean7.into(),
            self.co_lag1.into(),
            self.pm10_lag1.into(),
            self.neighbour_mean.into(),
            self.neighbour_upwind.into(),
            self.neighbour_distance_km.into(),
            self.day_sin.into(),
            self.day_cos.into(),
            self.weekday.into(),
            self.site_mean.into(),
            self.days_since_value.into(),
        ]
    }
}

#[derive(Deserialize)]
pub struct Batch {
    pub dataframe_split: Frame,
}

#[derive(Deserialize)]
pub struct Frame {
    columns: Vec<String>,
    data: Vec<Vec<Option<f32>>>,
}

const NAMES: [&str; FEATURES] = [
    "pm25_lag1",
    "pm25_lag2",
    "pm25_lag3",
    "pm25_lag7",
    "pm25_mean3",
    "pm25_mean7",
    "pm25_mean14",
    "pm25_mean30",
    "pm25_std7",
    "pm25_max7",
    "ozone_lag1",
    "ozone_mean7",
    "no2_lag1",
    "no2_mean7",
    "co_lag1",
    "pm10_lag1",
    "neighbour_mean",
    "neighbour_upwind",
    "neighbour_distance_km",
    "day_sin",
    "day_cos",
    "weekday",
    "site_mean",
    "days_since_value",
];

impl Frame {
    /// The rows in the model's order, or none when a column is unknown or a row has another length.
    pub fn rows(&self) -> Option<Vec<[Entry; FEATURES]>> {
        let places = self
            .columns
            .iter()
            .map(|column| NAMES.iter().position(|name| name == column))
            .collect::<Option<Vec<_>>>()?;
        self.data
            .iter()
            .map(|values| {
                let mut row = [Entry::from(None); FEATURES];
                for (&place, &value) in places.iter().zip(values) {
                    row[place] = value.into();
                }
                (values.len() == places.len()).then_some(row)
            })
            .collect()
    }
}
