using Handoff.Litmus.Language;
using Handoff.Ownership;
using Handoff.Reports.Check;

namespace Handoff.Reports.Sarif;

/// <summary>The kinds of results of litmus tests and recordings.</summary>
internal static class SarifRules
{
    private const string LanguagePage = "docs/litmus-language.md describes the language.";

    /// <summary>An <c>expect</c> line that is not met.</summary>
    public static SarifRule Expectation { get; } = new(
        "expectation", SarifLevel.Error, "an expected verdict is not found",
        "A test expects a verdict that no behaviour has, or not as often as the test says.",
        "Either the kernel or the test changed its meaning: handoff check FILE shows what is found.");

    /// <summary>A search that ended early.</summary>
    public static SarifRule Inconclusive { get; } = new(
        "inconclusive", SarifLevel.None, "the search ended before everything was known",
        "What was found is real, but more may be hidden in what was not seen.", "Raise --max-states or --timeout, or split the test.");

    /// <summary>A file that is no text.</summary>
    public static SarifRule Unreadable { get; } = new(
        "unreadable", SarifLevel.Error, "the file cannot be read as a litmus test", "It is missing, no UTF-8 text or too long.", LanguagePage);

    /// <summary>The rule of a numbered finding.</summary>
    public static SarifRule Of(FindingRule rule) => new(rule.Id, Level(rule.Severity), rule.Title, $"On other machines: {rule.OnOtherMachines}", rule.Hint);

    /// <summary>The rule of a verdict.</summary>
    public static SarifRule Of(Verdict verdict) => new(
        VerdictText.Name(verdict), verdict is Verdict.Contract or Verdict.Fails ? SarifLevel.Warning : SarifLevel.Error, VerdictText.Meaning(verdict),
        "Some behaviour of caches, devices and threads leads there; the steps show the shortest.", "handoff explain FILE tells the story.");

    /// <summary>The rule of a mistake in the text of a test.</summary>
    public static SarifRule Of(Diagnostic diagnostic) => new(
        diagnostic.Id, diagnostic.Severity == DiagnosticSeverity.Error ? SarifLevel.Error : SarifLevel.Warning,
        "the test cannot be understood", "Tests with mistakes are not checked.", LanguagePage);

    /// <summary>The rule of a finding in a recording.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="severity">How bad it usually is.</param>
    public static SarifRule OfRecording(string id, FindingSeverity severity)
    {
        if (FindingRules.Find(id) is { } rule)
            return Of(rule);
        var (title, meaning, hint) = Recorded(id);
        return new SarifRule(id, Level(severity), title, meaning, hint);
    }

    /// <summary>SARIF's word for a severity.</summary>
    public static SarifLevel Level(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => SarifLevel.Error,
        FindingSeverity.Warning => SarifLevel.Warning,
        _ => SarifLevel.Note,
    };

    private static (string Title, string Meaning, string Hint) Recorded(string id) => id switch
    {
        "pool-leak" => ("a bounce pool ran full because mappings are never released", "Live mappings grow through the whole recording, and are far older than those that end.", "Find the missing unmap; a larger pool only delays."),
        "pool-full" => ("a bounce pool is too small for its load", "Fewer slots were free than asked for; holders release later, or hold a constant number as rings do.", "Try a larger swiotlb=; handoff size finds the smallest that serves."),
        "request-over-limit" => ("a request is longer than any bounce pool gives", "A pool gives 128 slots (256 KiB) at most, less where the place in a page is kept.", "Make requests shorter: ask dma_max_mapping_size(). No pool size helps."),
        "pool-fragmented" => ("slots enough, but no run of them", "Free slots are scattered, and a request needs neighbours.", "Try a larger pool or shorter requests."),
        "areas-too-small" => ("slots enough, but in no one area", "The pool is split into areas, and a request must fit one.", "Try fewer areas or a larger pool."),
        "pool-cannot-grow" => ("a pool that grows on demand did not in time", "New pools come from the page allocator, which could not serve at once.", "Start with a larger pool."),
        "pool-out-of-reach" => ("the bounce pool lies where the device does not reach", "The device's mask ends below the pool.", "Widen the mask, or place the pool lower."),
        "no-pool" => ("a bounce is needed and there is no pool", "Nothing was attempted because the kernel made no pool.", "Boot with swiotlb= and without noforce."),
        "iommu-map-failed" => ("a map behind an IOMMU failed", "Address space of the IOMMU or memory for its tables ran out.", "Look at address space in use and at the size of the requests."),
        "map-failed" or "resource-map-failed" => ("a map failed, and the recording does not tell of what", "Neither a bounce nor an IOMMU explains it.", "Record swiotlb:* too."),
        "allocation-failed" => ("an allocation failed", "No memory that the device reaches was free in one piece.", "Look at zones and CMA."),
        "leak" => ("mappings are never released", "Live mappings grow, and are far older than those that end.", "Find the missing unmap."),
        "stranded" => ("a few mappings outlived all others of their device", "They may be held for good, or be forgotten.", "Look at error paths."),
        _ when id.StartsWith("bounces-", StringComparison.Ordinal) => ("mappings bounce", "Their data is copied to a pool and back, at the cost of processor time.", "docs/traces.md tells which reasons can be avoided."),
        _ => ("the recording lacks something", "Less can be said about it.", "docs/traces.md tells how to record."),
    };
}
