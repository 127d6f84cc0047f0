using System.Buffers;
using Handoff.Kernels;

namespace Handoff.Reports.Check;

/// <summary>The command that tells the story behind a cell.</summary>
internal static class ExplainCommand
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" '\"$&;()*?\\|<>`!#~[]{}");

    /// <summary><c>handoff explain FILE</c>, with what is needed to get the same cell.</summary>
    /// <param name="test">The test.</param>
    /// <param name="cell">Its result under a kernel.</param>
    /// <param name="verdict">Whose story, where it is not the gravest.</param>
    internal static string Of(CheckedTest test, CheckedCell cell, string? verdict = null)
    {
        string path = test.Source.Path;
        if (path.AsSpan().IndexOfAny(Special) >= 0)
            path = $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
        string which = verdict is null ? "" : $" --verdict {verdict}";
        return $"handoff explain {path}{which}{(cell.Kernel.Name == KernelProfiles.DefaultName ? "" : $" --kernel {cell.Kernel.ShortName}")}";
    }
}
