namespace Handoff.Litmus.Language;

/// <summary>A parameter of an API function.</summary>
/// <param name="Role">What it is for.</param>
/// <param name="Optional">Whether it may be left out.</param>
public readonly record struct Parameter(ParameterRole Role, bool Optional = false);
