"""How does a file become numbers?

reading      a text file becomes strings
splits       strings fall into train, val and test
vocabulary   characters become ids and back
documents    the ids of many documents, or of one long text, as flat arrays
"""
