using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>One litmus test: who takes part, what they do, and what is expected.</summary>
/// <remarks>
/// Time order: <see cref="Prologue"/>, then all <see cref="Threads"/> concurrently, then (when all have ended) <see cref="Epilogue"/>.
/// Buffers and lists exist from the start. In a test without threads every statement is in <see cref="Prologue"/>.
/// </remarks>
/// <param name="Title">The title of the header.</param>
/// <param name="Machine">What is pinned of the machine, or <see langword="null"/>.</param>
/// <param name="Devices">The devices, at least one in a bound test that maps anything.</param>
/// <param name="Buffers">The buffers.</param>
/// <param name="Lists">The scatterlists.</param>
/// <param name="Prologue">Top-level statements before the first thread.</param>
/// <param name="Threads">Threads that run concurrently with each other.</param>
/// <param name="Epilogue">Top-level statements after the last thread.</param>
/// <param name="Expectations">What the author expects, in file order.</param>
public sealed record LitmusTest(
    Located<string> Title,
    MachineDeclaration? Machine,
    ImmutableArray<DeviceDeclaration> Devices,
    ImmutableArray<BufferDeclaration> Buffers,
    ImmutableArray<ListDeclaration> Lists,
    ImmutableArray<Statement> Prologue,
    ImmutableArray<ThreadDeclaration> Threads,
    ImmutableArray<Statement> Epilogue,
    ImmutableArray<Expectation> Expectations) : SyntaxNode
{
    /// <summary>The device of that name, or <see langword="null"/>.</summary>
    public DeviceDeclaration? Device(string name) => Devices.FirstOrDefault(d => d.Name.Text == name);

    /// <summary>The buffer of that name (not a neighbour), or <see langword="null"/>.</summary>
    public BufferDeclaration? Buffer(string name) => Buffers.FirstOrDefault(b => b.Name.Text == name);

    /// <summary>The scatterlist of that name, or <see langword="null"/>.</summary>
    public ListDeclaration? List(string name) => Lists.FirstOrDefault(l => l.Name.Text == name);

    /// <summary>Every statement in the order of the text.</summary>
    public IEnumerable<Statement> AllStatements => Prologue.Concat(Threads.SelectMany(t => t.Body)).Concat(Epilogue);
}
