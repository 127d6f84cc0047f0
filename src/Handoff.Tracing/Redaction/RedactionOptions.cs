namespace Handoff.Tracing.Redaction;

/// <summary>Which names a redacted recording keeps.</summary>
/// <param name="Devices">Names of devices, their drivers, and of exporters.</param>
/// <param name="Tasks">Names of tasks, and thread ids.</param>
/// <param name="Markers">What markers say, and the functions that wrote them.</param>
public sealed record RedactionOptions(bool Devices = false, bool Tasks = false, bool Markers = false);
