namespace Handoff.Litmus.Witnesses;

/// <summary>A witness file is not as it should be. Never leaves <see cref="WitnessFile"/>.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1064", Justification = "Caught where it is thrown; nobody else meets it.")]
internal sealed class WitnessFormatException(string message) : Exception(message);
