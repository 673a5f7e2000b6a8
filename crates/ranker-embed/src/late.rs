//! Token vectors of models of late interaction: what surrounds a text, what fills it up, and what is compared of it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use ranker_core::{BoxError, EmbedError, Role, TokenEmbeddings, TokenUsage};
use ranker_folder::{LateInteraction, Marks, ModelFolder, Prompts, Spans, TextTokenizer, Tokens};

use crate::LoadError;
use crate::builder::{invalid, setting};
use crate::embedder::unit;
use crate::head::Head;

/// How texts become token vectors: those of queries, those of documents.
pub(crate) struct Late {
    pub(crate) head: Head,
    forms: [Form; 2],
}

/// How the texts of a role are read, and which of their tokens are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    mark: Option<Mark>,
    /// The prompt without the mark.
    prompt: String,
    max_tokens: usize,
    fill: Option<Fill>,
    /// Ids of tokens whose vectors are left out.
    skipped: Vec<u32>,
}

/// A token among those before a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    place: usize,
    id: u32,
}

/// What short texts are filled up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fill {
    id: u32,
    tokens: usize,
    is_attended: bool,
}

/// What a form is made of.
pub(crate) struct Parts<'p> {
    pub(crate) folder: &'p ModelFolder,
    pub(crate) tokenizer: &'p TextTokenizer,
    pub(crate) prompts: &'p Prompts,
    /// The most tokens of a query, of a document.
    pub(crate) limits: [usize; 2],
}

impl Parts<'_> {
    /// How a model of late interaction reads whose hidden states have so many components; `None` of another
    /// model.
    pub(crate) fn late(
        &self,
        file: &Path,
        (size, is_pooled): (usize, bool),
    ) -> Result<Option<Late>, LoadError> {
        let Some(own) = &self.folder.late else {
            return Ok(None);
        };
        if is_pooled {
            let reason =
                "the graph gives vectors of texts, and late interaction compares those of tokens";
            return Err(invalid(file, reason));
        }
        Ok(Some(Late {
            head: Head::of(self.folder, &own.head.plain(), size)?,
            forms: [
                self.form(own, Role::Query)?,
                self.form(own, Role::Document)?,
            ],
        }))
    }

    fn form(&self, own: &LateInteraction, role: Role) -> Result<Form, LoadError> {
        let (tokenizer, is_query) = (self.tokenizer, role == Role::Query);
        let prompt = self.prompts.of(role);
        let (mark, prompt) = match &own.marks {
            Marks::Tokens { query, document } => {
                let written = if is_query { query } else { document };
                (self.mark(written)?, prompt)
            }
            _ => match tokenizer.leading_control(prompt) {
                Some((id, rest)) => {
                    let place = tokenizer.before();
                    (Some(Mark { place, id }), rest)
                }
                None => (None, prompt),
            },
        };
        let max_tokens = self.limits[usize::from(!is_query)];
        let around = tokenizer.special_tokens() + usize::from(mark.is_some());
        if max_tokens <= around {
            let name = if is_query {
                "query_tokens"
            } else {
                "max_tokens"
            };
            let reason = format!("it is {max_tokens}; a text needs at least {}", around + 1);
            return Err(setting(name, reason));
        }
        let fill = own
            .expansion
            .as_ref()
            .filter(|_| is_query)
            .map(|expansion| {
                Ok::<_, LoadError>(Fill {
                    id: self.id(&expansion.token)?,
                    tokens: expansion.tokens.min(max_tokens),
                    is_attended: expansion.is_attended,
                })
            });
        let skips = match role {
            Role::Query => own.skips_in_queries,
            Role::Document => own.skips_in_documents,
        };
        let skipped = own.skipped.iter().filter(|_| skips);
        // What is no token of this vocabulary stands in no text.
        let skipped = skipped.filter_map(|written| tokenizer.id(written));
        Ok(Form {
            mark,
            prompt: prompt.to_owned(),
            max_tokens,
            fill: fill.transpose()?,
            skipped: skipped.collect(),
        })
    }

    /// Behind the token that begins a text.
    fn mark(&self, written: &str) -> Result<Option<Mark>, LoadError> {
        if written.is_empty() {
            return Ok(None);
        }
        if self.tokenizer.before() == 0 {
            let reason =
                format!("it puts no token before a text, behind which {written:?} would stand");
            return Err(invalid(&self.folder.tokenizer_file(), reason));
        }
        let id = self.id(written)?;
        Ok(Some(Mark { place: 1, id }))
    }

    /// The id of a control token, which must have an embedding: makers add such tokens behind a vocabulary.
    fn id(&self, written: &str) -> Result<u32, LoadError> {
        let refused = |reason| Err(invalid(&self.folder.tokenizer_file(), reason));
        let Some(id) = self.tokenizer.id(written) else {
            return refused(format!(
                "it has no token {written:?}, which late interaction needs"
            ));
        };
        match self.folder.vocabulary {
            Some(known) if id as usize >= known => refused(format!(
                "token {written:?} has id {id}, and the model's `vocab_size` is {known}"
            )),
            _ => Ok(id),
        }
    }
}

impl Late {
    fn form(&self, role: Role) -> &Form {
        &self.forms[usize::from(role == Role::Document)]
    }

    /// How many tokens of a text are read, those around it included.
    pub(crate) fn max_tokens(&self, role: Role) -> usize {
        self.form(role).max_tokens
    }

    /// How many of them are not the text's own.
    pub(crate) fn tokens_around(
        &self,
        role: Role,
        tokenizer: &TextTokenizer,
    ) -> Result<usize, BoxError> {
        let form = self.form(role);
        let prompt = tokenizer.spans(&form.prompt, 0)?.counted;
        Ok(tokenizer.special_tokens() + prompt + usize::from(form.mark.is_some()))
    }

    /// A text's tokens with the role's mark, filled up.
    pub(crate) fn tokens(
        &self,
        tokenizer: &TextTokenizer,
        (text, role): (&str, Role),
        spans: Spans,
    ) -> Result<Tokens, BoxError> {
        let form = self.form(role);
        let room = form.max_tokens - usize::from(form.mark.is_some());
        let mut tokens = tokenizer.tokens_within(room, (&form.prompt, text), spans)?;
        if let Some(Mark { place, id }) = form.mark {
            tokens.ids.insert(place, id);
            tokens.types.insert(place, 0);
            tokens.body += 1;
            tokens.usage = TokenUsage::new(tokens.usage.tokens + 1, tokens.usage.used + 1);
        }
        tokens.attended = tokens.ids.len();
        if let Some(fill) = form.fill
            && tokens.ids.len() < fill.tokens
        {
            tokens.ids.resize(fill.tokens, fill.id);
            tokens.types.resize(fill.tokens, 0);
            if fill.is_attended {
                tokens.attended = fill.tokens;
            }
        }
        Ok(tokens)
    }

    /// The vectors of a text that are compared, of unit length, from the hidden states of its tokens.
    ///
    /// A token that is not the text's own has an empty span: at its end where it stands behind it, else, masks among
    /// them, at its beginning.
    pub(crate) fn vectors(
        &self,
        (index, text, role): (usize, &str, Role),
        tokens: &Tokens,
        (rows, dimension): (&[f32], usize),
    ) -> Result<TokenEmbeddings, EmbedError> {
        let form = self.form(role);
        let size = rows.len() / tokens.ids.len().max(1);
        let (mut vectors, mut spans) = (Vec::new(), Vec::new());
        for (at, (row, id)) in rows.chunks_exact(size.max(1)).zip(&tokens.ids).enumerate() {
            if form.skipped.contains(id) {
                continue;
            }
            let vector = self.head.apply(row.to_vec());
            vectors.extend_from_slice(unit(index, vector, dimension)?.as_slice());
            spans.push(place(tokens, at, (form.prompt.len(), text.len())));
        }
        TokenEmbeddings::new(dimension, vectors, spans)
            .map_err(|source| EmbedError::Output { index, source })
    }

    /// What beside the weights changes a vector.
    pub(crate) fn settings(&self) -> Vec<String> {
        let form = |form: &Form| format!("{form:?}");
        let forms = self.forms.iter().map(form);
        std::iter::once("late interaction".to_owned())
            .chain(forms)
            .collect()
    }
}

/// Which bytes of a text the token at a place stands for.
fn place(tokens: &Tokens, at: usize, (prompt, text): (usize, usize)) -> Range<usize> {
    let own = at.checked_sub(tokens.body).map(|own| tokens.spans.get(own));
    match own {
        Some(Some(span)) if span.end > prompt => {
            span.start.saturating_sub(prompt)..span.end - prompt
        }
        Some(None) if at < tokens.usage.used => text..text,
        _ => 0..0,
    }
}

/// The files of the weights behind the encoder.
pub(crate) fn weights(folder: &ModelFolder) -> Vec<PathBuf> {
    let own = folder.late.iter();
    own.flat_map(LateInteraction::weights).collect()
}
