using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>Memory that exists from the start of the test.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it was allocated.</param>
/// <param name="Size">Bytes asked for.</param>
public sealed record BufferDeclaration(Name Name, BufferKind Kind, Located<ulong> Size) : SyntaxNode
{
    /// <summary>Which heap, for <see cref="BufferKind.Heap"/>.</summary>
    public Located<HeapKind>? Heap { get; init; }

    /// <summary>Where it was put; <see langword="null"/>: free.</summary>
    public Placement? Placement { get; init; }

    /// <summary><c>offset 16</c>: bytes from the start of the page or object to the first byte of the buffer.</summary>
    public Located<ulong>? Offset { get; init; }

    /// <summary><c>entries 64K</c>: bytes of each entry of the heap's table; <see langword="null"/>: the heap's own greedy choice.</summary>
    public Located<ulong>? EntrySize { get; init; }

    /// <summary><c>with neighbour n 8 bytes before|after</c>: memory of somebody else right beside the buffer.</summary>
    public ImmutableArray<Neighbour> Neighbours { get; init; } = [];

    /// <summary><c>fields { status 0..4; … }</c>: named parts.</summary>
    public ImmutableArray<BufferField> Fields { get; init; } = [];

    /// <summary>Whether user space and the kernel know it as a dma-buf.</summary>
    public bool IsDmaBuf => Kind is BufferKind.Heap or BufferKind.Udmabuf;

    /// <summary>The view through which plain <c>read</c> and <c>write</c> look at it.</summary>
    public CpuView DefaultView => Heap?.Value is HeapKind.SystemUncached or HeapKind.SystemUncachedDma32 ? CpuView.WriteCombine : CpuView.Cached;

    /// <summary>The field of that name, or <see langword="null"/>.</summary>
    public BufferField? Field(string name) => Fields.FirstOrDefault(f => f.Name.Text == name);
}
