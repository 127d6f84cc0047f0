using Handoff.Tracing.Mappings;

namespace Handoff.Reports.Trace.Diff;

/// <summary>A device in two recordings.</summary>
/// <param name="Name">Its name, with the driver if known.</param>
/// <param name="Before">In the first recording; <see langword="null"/> if it is not there.</param>
/// <param name="After">In the second one.</param>
/// <param name="Figures">Its numbers; empty unless it is in both.</param>
public sealed record DeviceDiff(string Name, DeviceStatistics? Before, DeviceStatistics? After, IReadOnlyList<DiffFigure> Figures);
