//! Forms as they were sent.

use std::sync::Arc;

use axum::Form;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::service::Service;

/// A file of a form.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The field that it was chosen in.
    pub(crate) field: String,
    /// As the person's computer calls it.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

/// A form of one of our pages, which held the token that only our pages know.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) client: Client,
    fields: Vec<(String, String)>,
    pub(crate) files: Vec<Upload>,
}

impl Posted {
    /// What was written into a field; empty where there is no such field.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

impl FromRequest<Arc<Service>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Response> {
        read(request, service)
            .await
            .map_err(IntoResponse::into_response)
    }
}

async fn read(request: Request, service: &Arc<Service>) -> Result<Posted, ApiError> {
    let client = request.extensions().get::<Client>().cloned();
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (fields, files) = match kind.starts_with("multipart/form-data") {
        true => parts(request, service).await?,
        false => {
            let form = Form::<Vec<(String, String)>>::from_request(request, service).await;
            let Form(fields) =
                form.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
            (fields, Vec::new())
        }
    };
    // Only the door lets in who is nobody yet, and has a form of its own.
    let unknown = || ApiError::new(StatusCode::UNAUTHORIZED, Fault::NotSignedIn);
    let client = client.ok_or_else(unknown)?;
    // A browser sends the ends of lines as mail has them.
    let plain = |(name, value): (String, String)| (name, value.replace("\r\n", "\n"));
    let posted = Posted {
        client,
        fields: fields.into_iter().map(plain).collect(),
        files,
    };
    if !service
        .guard
        .seal
        .is_token(&posted.client, posted.text("token"))
    {
        return Err(ApiError::new(StatusCode::FORBIDDEN, Fault::ForeignForm));
    }
    Ok(posted)
}

type Parts = (Vec<(String, String)>, Vec<Upload>);

async fn parts(request: Request, service: &Arc<Service>) -> Result<Parts, ApiError> {
    let unsound = |error: axum::extract::multipart::MultipartError| {
        ApiError::new(error.status(), error.body_text())
    };
    let form = Multipart::from_request(request, service).await;
    let mut form = form.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(unsound)? {
        let field = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            None => fields.push((field, part.text().await.map_err(unsound)?)),
            Some(name) => {
                let bytes = part.bytes().await.map_err(unsound)?;
                // A field of files in which none was chosen comes as an empty one.
                if !(name.is_empty() && bytes.is_empty()) {
                    files.push(Upload { field, name, bytes });
                }
            }
        }
    }
    Ok((fields, files))
}
