"""The eyes: watched folders, captions, text in pictures, screenshots, and finding them again."""
