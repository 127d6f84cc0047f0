using System.Security.Cryptography;
using System.Text;
using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Witnesses;

/// <summary>A story that can be kept in a file and replayed later: what was checked, and every event that leads to the verdict.</summary>
public sealed record Witness
{
    /// <summary>Title of the test.</summary>
    public required string Title { get; init; }

    /// <summary>What the test does, as a digest: comments, layout, title and expectations do not count.</summary>
    public required string TestDigest { get; init; }

    /// <summary>Name of the kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>How the kernel decides, as a digest of its switches.</summary>
    public required string KernelDigest { get; init; }

    /// <summary>Name of the machine that the test was put on; <see langword="null"/> if it was left as it is.</summary>
    public string? On { get; init; }

    /// <summary>The machine.</summary>
    public required MachineVariant Machine { get; init; }

    /// <summary>What the story ends in.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Whenever several threads can call the mapping layer: which of them does, counted from 0 in the order of the text.</summary>
    public required IReadOnlyList<int> Choices { get; init; }

    /// <summary>Numbers of the cells that the story is about.</summary>
    public required IReadOnlyList<int> Cells { get; init; }

    /// <summary>The events in order.</summary>
    public required IReadOnlyList<WitnessStep> Steps { get; init; }

    /// <summary>Makes a witness of a story.</summary>
    /// <param name="test">The test that was checked.</param>
    /// <param name="source">Its text.</param>
    /// <param name="kernel">The kernel it was checked under.</param>
    /// <param name="machine">The machine that the story happens on.</param>
    /// <param name="story">A story that the checker told.</param>
    /// <exception cref="ArgumentException">The story is not one of the checker's.</exception>
    public static Witness Of(LitmusTest test, SourceText source, KernelProfile kernel, MachineVariant machine, Story story)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(story);
        StoryTrail trail = story.Trail ?? throw new ArgumentException("the story was not told by the checker", nameof(story));
        return new Witness
        {
            Title = test.Title.Value,
            TestDigest = DigestOf(test),
            Kernel = kernel.Name,
            KernelDigest = DigestOf(kernel),
            Machine = machine,
            Verdict = story.Verdict,
            Choices = trail.Choices,
            Cells = trail.Cells,
            Steps = [.. story.Steps.Select((step, i) => new WitnessStep(trail.Events[i], step.Actor, step.Text, step.Span == default ? 0 : source.LineOf(step.Span), step.Cells))],
        };
    }

    /// <summary>What a test does, in few characters.</summary>
    public static string DigestOf(LitmusTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        return Digest(LitmusPrinter.Print(test with { Title = new Located<string>(""), Expectations = [] }));
    }

    /// <summary>How a kernel decides, in few characters.</summary>
    public static string DigestOf(KernelProfile kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return Digest(KernelSwitchTable.Print(kernel.Switches));
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
