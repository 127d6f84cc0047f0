namespace Handoff.Reports.Sarif;

/// <summary>One result.</summary>
internal sealed record SarifResult
{
    /// <summary>What kind it is.</summary>
    public required SarifRule Rule { get; init; }

    /// <summary>How serious it is here.</summary>
    public required SarifLevel Level { get; init; }

    /// <summary>Whether there is not enough known to tell.</summary>
    public bool IsOpen { get; init; }

    /// <summary>What is wrong, in sentences.</summary>
    public required string Text { get; init; }

    /// <summary>Where.</summary>
    public required SarifPlace Place { get; init; }

    /// <summary>What stays the same from run to run as long as the result does: line numbers are no part of it.</summary>
    public required string Identity { get; init; }

    /// <summary>Devices concerned.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The way to it; empty if not known.</summary>
    public IReadOnlyList<SarifStep> Steps { get; init; } = [];

    /// <summary>The line of the file that says it is expected; <see langword="null"/> if none does.</summary>
    public SarifPlace? ExpectedBy { get; init; }

    /// <summary>Further facts.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Properties { get; init; } = [];
}
