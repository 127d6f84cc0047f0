using Handoff.Litmus.Language;

namespace Handoff.Litmus;

/// <summary>How a result differs from what a test expects.</summary>
/// <param name="Line">The <c>expect</c> line that applies; <see langword="null"/> if none does, which expects ok.</param>
/// <param name="Verdict">The verdict that is missing, or found too much.</param>
/// <param name="IsMissing">Whether it is missing, or not as frequent as said; otherwise it is found although graver than all that is expected.</param>
/// <param name="Text">One sentence, without a full stop.</param>
public sealed record Mismatch(Expectation? Line, Verdict Verdict, bool IsMissing, string Text);
