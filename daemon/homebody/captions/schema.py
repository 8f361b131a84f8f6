"""What ``captions.sqlite`` holds, and how an older one becomes a newer one.

An **image** is a content, known by its SHA-256: however often it is renamed or copied, it is one row and is captioned
once. A **path** is a place where it lies, or lay (``gone_at``). ``words`` is the full-text index, one row an image with
the image's id as rowid; ``form`` says which of its words are forms of one another: those with a key in common (`stems`).
``unindexed`` are the images that an older version has indexed: `Captions.reindex` does it anew.
"""

from __future__ import annotations

from typing import Final

# Two- and three-letter prefixes have an index of their own. Until m003 FTS5 stemmed by Porter's algorithm, in English.
MIGRATIONS: Final = (
    (
        "m001_images",
        """
        CREATE TABLE image (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            width_px INTEGER NOT NULL DEFAULT 0,
            height_px INTEGER NOT NULL DEFAULT 0,
            taken_at TEXT,
            shown_s REAL NOT NULL,
            camera TEXT NOT NULL DEFAULT '',
            place TEXT NOT NULL DEFAULT '',
            caption TEXT NOT NULL DEFAULT '',
            tags TEXT NOT NULL DEFAULT '[]',
            ocr TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            prompt_version TEXT NOT NULL DEFAULT '',
            captioned_at TEXT,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'captioned', 'refused')),
            reason TEXT NOT NULL DEFAULT '',
            perceptual_hash INTEGER,
            like_id INTEGER REFERENCES image (id),
            present INTEGER NOT NULL DEFAULT 0,
            added_at TEXT NOT NULL);
        CREATE INDEX image_size ON image (size_bytes);
        CREATE INDEX image_shown ON image (shown_s);
        CREATE INDEX image_like ON image (like_id);
        CREATE INDEX image_state ON image (state);
        CREATE TABLE path (
            path TEXT PRIMARY KEY,
            image_id INTEGER NOT NULL REFERENCES image (id),
            size_bytes INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL,
            gone_at TEXT) WITHOUT ROWID;
        CREATE INDEX path_image ON path (image_id);
        CREATE TABLE refused (
            path TEXT PRIMARY KEY,
            size_bytes INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL,
            reason TEXT NOT NULL,
            at TEXT NOT NULL) WITHOUT ROWID;
        CREATE VIRTUAL TABLE words USING fts5 (
            caption, tags, names, ocr, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3')
        """,
    ),
    ("m002_read_at", "ALTER TABLE image ADD COLUMN read_at TEXT;"),
    (
        "m003_forms",
        """
        DROP TABLE words;
        CREATE VIRTUAL TABLE words USING fts5 (
            caption, tags, names, ocr, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3');
        CREATE TABLE form (key TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (key, word)) WITHOUT ROWID;
        CREATE TABLE unindexed (image_id INTEGER PRIMARY KEY);
        INSERT INTO unindexed SELECT id FROM image;
        DROP INDEX image_shown;
        CREATE INDEX image_shown ON image (shown_s, present)
        """,
    ),
)

FILE: Final = "captions.sqlite"
