"""The voice service: ears and mouth. Open turn.py first."""
