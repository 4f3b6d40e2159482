//! A model server by hand: actix-web, serde and the model compiled by tl2cgen. Usage: actix_tl2cgen PORT

mod request;
mod trees;

use actix_web::{App, HttpResponse, HttpServer, Responder, post, web};
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    predictions: Vec<f32>,
}

#[post("/predict")]
async fn predict(body: web::Json<request::Single>) -> impl Responder {
    web::Json(Answer {
        predictions: vec![trees::predict_row(&mut body.data.entries())],
    })
}

#[post("/predict/batch")]
async fn predict_batch(body: web::Json<request::Batch>) -> HttpResponse {
    let Some(mut rows) = body.dataframe_split.rows() else {
        return HttpResponse::UnprocessableEntity().finish();
    };
    HttpResponse::Ok().json(Answer {
        predictions: rows.iter_mut().map(trees::predict_row).collect(),
    })
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("usage: actix_tl2cgen PORT");
    HttpServer::new(|| App::new().service(predict).service(predict_batch))
        .workers(1)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}
